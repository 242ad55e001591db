//! The headers of every answer: a policy without `unsafe-inline` and `unsafe-eval`, and no CORS.

use crate::running_server::Server;

/// `printf "\nimport init from './web-0123456789abcdef.js';\n" | openssl dgst -sha256 -binary | base64`
const BOOTSTRAP: &str = "'sha256-nHahTNkS3CJvmce9oL6T0tc/k4G3R7ZKE252JvfkYWQ='";

#[test]
fn every_answer_carries_the_policy() {
    let server = Server::start();
    for (reply, what) in [
        (server.get("/"), "page"),
        (server.get("/engine/tickertone.js"), "engine"),
        (server.get("/models/manifest.json"), "manifest"),
        (server.get("/nowhere"), "404"),
        (server.get("/predict_batch"), "405"),
        (server.predict("[\"up\"]"), "prediction"),
        (server.predict("{}"), "refusal"),
        (server.get("/livez"), "health"),
    ] {
        let policy = format!(
            "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' {BOOTSTRAP}; style-src 'self'; \
             connect-src 'self'; worker-src 'self'; img-src 'self' data:; base-uri 'none'; object-src 'none'; \
             frame-ancestors 'none'; form-action 'none'"
        );
        assert_eq!(reply.header("content-security-policy"), policy, "{what}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(reply.header(name), value, "{what}: {name}");
        }
        assert!(reply.header("permissions-policy").contains("camera=()"), "{what}");
    }
}

#[test]
fn other_origins_get_no_permission() {
    let server = Server::start();
    let origin = [("origin", "https://example.com"), ("access-control-request-method", "POST")];
    for reply in [server.get_with("/", &origin), server.request("OPTIONS", "/predict_batch", &origin, &[])] {
        let cors = reply.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
        assert_eq!(cors, None);
    }
}
