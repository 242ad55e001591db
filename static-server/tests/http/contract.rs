//! `POST /predict_batch`, the contract to the letter, and the model's own golden values through it.

use crate::running_server::{Server, manifest, models};
use serde::Deserialize;
use serde_json::{Value, json};

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_answer_has_the_shape_of_the_contract() {
    let server = Server::start();
    let model = manifest().default_model().unwrap().clone();
    let texts = ["$TSLA to the moon, record deliveries", "Shares plunge after guidance cut"];
    let reply = server.predict(&json!(texts).to_string());
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("tickertone-truncated"), "");
    let body = reply.json();
    let mut found = keys(&body);
    // Beside the contract's fields, where the model has an exit.
    found.retain(|key| *key != "layers");
    assert_eq!(found, ["input", "message", "status-code", "output", "scores", "model"]);
    assert_eq!(body["input"], json!(texts));
    assert_eq!(body["message"], "OK");
    assert_eq!(body["status-code"], 200);
    assert_eq!(body["model"], model.id.as_str());
    assert_eq!(body["output"].as_array().unwrap().len(), 2);
    for (label, scores) in body["output"].as_array().unwrap().iter().zip(body["scores"].as_array().unwrap()) {
        assert_eq!(keys(scores), model.labels);
        let probabilities: Vec<f64> =
            model.labels.iter().map(|label| scores[label].as_f64().unwrap()).collect();
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-4, "{scores}");
        let best = probabilities.iter().copied().fold(0.0, f64::max);
        assert_eq!(scores[label.as_str().unwrap()].as_f64().unwrap(), best, "{label}: {scores}");
    }
}

#[test]
fn order_and_duplicates_are_kept() {
    let server = Server::start();
    let one = "Profit warning sends the stock to a new low";
    let other = "Upgraded to buy after a strong quarter";
    let texts = [one, other, one, "The meeting starts at nine", one];
    let body = server.predict(&json!(texts).to_string()).json();
    assert_eq!(body["input"], json!(texts));
    let scores = body["scores"].as_array().unwrap();
    assert_eq!((scores.len(), body["output"].as_array().unwrap().len()), (5, 5));
    assert_eq!(scores[0], scores[2]);
    assert_eq!(scores[0], scores[4]);
    assert_ne!(scores[0], scores[1]);
    for (index, text) in texts.iter().enumerate() {
        let alone = server.predict(&json!([text]).to_string()).json();
        assert_eq!(alone["output"][0], body["output"][index]);
        assert_eq!(alone["scores"][0], scores[index], "{text}: the same bits alone and in company");
    }
}

#[test]
fn an_empty_array_is_an_empty_answer() {
    let mut body = Server::start().predict("[]").json();
    let id = manifest().default;
    if let Some(layers) = body.as_object_mut().unwrap().remove("layers") {
        assert_eq!(layers, json!([]));
    }
    let expected =
        json!({"input": [], "message": "OK", "status-code": 200, "output": [], "scores": [], "model": id});
    assert_eq!(body, expected);
}

#[test]
fn one_bad_text_costs_no_other_its_answer_where_that_is_asked_for() {
    let server = Server::start();
    let headers = [("content-type", "application/json")];
    let ask = |path: &str, body: &str| server.request("POST", path, &headers, body.as_bytes());
    let body = r#"["Shares soar", "", null, "Shares soar", "https://t.co/a"]"#;
    let answer = ask("/predict_batch?on_error=null", body).json();
    let alone = server.predict(r#"["Shares soar"]"#).json();
    assert_eq!(answer["input"], json!(["Shares soar", "", null, "Shares soar", "https://t.co/a"]));
    for key in ["output", "scores"] {
        let found = &alone[key][0];
        assert_eq!(answer[key], json!([found, null, null, found, null]), "{key}");
    }
    let errors = answer["errors"].as_array().unwrap();
    let indices: Vec<_> = errors.iter().map(|error| error["index"].as_u64().unwrap()).collect();
    assert_eq!(indices, [1, 2, 4]);
    for (error, part) in errors.iter().zip(["nothing to read", "found null", "nothing to read"]) {
        assert!(error["detail"].as_str().unwrap().contains(part), "{error}");
    }
    assert_eq!(ask("/predict_batch/?on_error=null", "[]").json()["errors"], json!([]));
    assert_eq!(alone.get("errors"), None);
}

#[test]
fn details_are_told_where_they_are_asked_for() {
    let server = Server::start();
    let headers = [("content-type", "application/json")];
    let body = json!(["up", "", "shares fall ".repeat(8_000)]).to_string();
    let path = "/predict_batch?on_error=null&details=true";
    let answer = server.request("POST", path, &headers, body.as_bytes()).json();
    assert_eq!(answer["truncated"], json!([false, null, true]));
    assert!(answer["tokens"][0].as_u64().unwrap() < answer["tokens"][2].as_u64().unwrap());
    assert!(answer["uncertain"][0].is_boolean() && answer["uncertain"][1].is_null());
    assert_eq!(server.predict(r#"["up"]"#).json().get("tokens"), None);
    for (query, found) in
        [("on_error=skip", "skip"), ("detail=true", "detail"), ("details=2", "`true` or `false`")]
    {
        let refused = server.request("POST", &format!("/predict_batch?{query}"), &headers, b"[\"up\"]");
        let message = refused.refusal(400);
        assert!(message.contains("on_error=null") && message.contains(found), "{message}");
    }
}

#[test]
fn a_trailing_slash_and_a_charset_are_welcome() {
    let server = Server::start();
    let body = br#"["Dividend raised for the tenth year"]"#;
    let expected = server.predict(std::str::from_utf8(body).unwrap()).json();
    for (path, content_type) in [
        ("/predict_batch/", "application/json"),
        ("/predict_batch", "application/json; charset=utf-8"),
        ("/predict_batch", "Application/JSON;charset=UTF-8"),
    ] {
        let reply = server.request("POST", path, &[("content-type", content_type)], body);
        assert_eq!((reply.status, reply.json()), (200, expected.clone()), "{path} {content_type}");
    }
}

#[test]
fn a_long_text_is_truncated_and_says_so() {
    let server = Server::start();
    let long = "shares fall ".repeat(100_000 / 12);
    let reply = server.predict(&json!(["Up again", long, "Down again", long]).to_string());
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("tickertone-truncated"), "1,3");
    assert_eq!(reply.json()["input"][1], json!(long));
}

#[test]
fn unusual_texts_are_texts() {
    let server = Server::start();
    let texts =
        ["🚀🚀🚀", "السهم يرتفع اليوم", "nul\0byte", "\u{202e}desrever", "\u{1F468}\u{200D}\u{1F469}", "a"];
    let reply = server.predict(&json!(texts).to_string());
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    assert_eq!(reply.json()["input"], json!(texts));
    assert_eq!(reply.json()["output"].as_array().unwrap().len(), texts.len());
}

#[derive(Deserialize)]
struct Golden {
    model: String,
    cases: Vec<GoldenCase>,
}

#[derive(Deserialize)]
struct GoldenCase {
    text: String,
    probabilities: Vec<f64>,
    label: String,
    num_layers: Option<usize>,
}

#[test]
fn the_server_agrees_with_the_golden_values_of_its_model() {
    let server = Server::start();
    let model = manifest().default_model().unwrap().clone();
    let golden = std::fs::read(models().join(&model.id).join("golden.json")).unwrap();
    let golden: Golden = serde_json::from_slice(&golden).unwrap();
    assert_eq!(golden.model, model.id);
    assert!(!golden.cases.is_empty());
    for cases in golden.cases.chunks(32) {
        let texts: Vec<&str> = cases.iter().map(|case| case.text.as_str()).collect();
        let body = server.predict(&json!(texts).to_string()).json();
        for (index, case) in cases.iter().enumerate() {
            for (label, expected) in model.labels.iter().zip(&case.probabilities) {
                let found = body["scores"][index][label].as_f64().unwrap();
                assert!((found - expected).abs() < 5e-3, "{}: {label}: {found}, not {expected}", case.text);
            }
            let mut sorted = case.probabilities.clone();
            sorted.sort_by(|one, other| other.total_cmp(one));
            if sorted[0] - sorted[1] > 0.01 {
                assert_eq!(body["output"][index], case.label.as_str(), "{}", case.text);
            }
            // Told where the model has an exit.
            if let (Some(expected), Some(found)) = (case.num_layers, body["layers"][index].as_u64()) {
                assert_eq!(found, expected as u64, "{}", case.text);
            }
        }
    }
}
