//! The families of encoders, and what of their configurations candle-transformers 0.11.1 computes as PyTorch does.
//!
//! Run around: BERT's mask is no number in 16 bits, so everything is f32; its DistilBERT has another GELU and an inverted
//! mask, so DistilBERT runs as the BERT without token types that it is. Refused: what `only` names, and whatever tensor is
//! left over.

use super::checkpoint::Checkpoint;
use super::head::{Activation, Head, Pooling};
use super::settings::Settings;
use anyhow::{Context, bail, ensure};
use candle_core::{DType, Device, Result, Tensor};
use candle_nn::{VarBuilder, layer_norm_no_bias, linear, linear_no_bias};
use candle_transformers::models::bert::BertModel;
use candle_transformers::models::debertav2::DebertaV2Model;
use candle_transformers::models::modernbert::ModernBert;
use candle_transformers::models::xlm_roberta::XLMRobertaModel;
use serde_json::{Value, json};

/// Buffers that some versions of transformers have saved, and RoBERTa's pooler, which its classifier passes by.
const USELESS: [&str; 2] = [".position_ids", "roberta.pooler."];

/// An encoder of candle-transformers.
pub enum Encoder {
    /// BERT and DistilBERT.
    Bert(BertModel),
    /// RoBERTa and XLM-R.
    Roberta(XLMRobertaModel),
    /// DeBERTa-v2 and -v3.
    Deberta(Box<DebertaV2Model>),
    /// ModernBERT.
    ModernBert(ModernBert),
}

impl Encoder {
    /// Last hidden states `[texts, tokens, hidden_size]` of ids `[texts, tokens]`; `mask` is 1 where one is no padding.
    pub fn hidden_states(&self, ids: &Tensor, mask: &Tensor) -> Result<Tensor> {
        let types = ids.zeros_like()?;
        match self {
            Self::Bert(model) => model.forward(ids, &types, Some(mask)),
            Self::Roberta(model) => model.forward(ids, mask, &types, None, None, None),
            Self::Deberta(model) => model.forward(ids, Some(types), Some(mask.clone())),
            Self::ModernBert(model) => model.forward(ids, mask),
        }
    }
}

/// A classifier and what must be known to feed it.
pub struct Architecture {
    /// Token ids to hidden states.
    pub encoder: Encoder,
    /// Hidden states to logits.
    pub head: Head,
    /// Rows of its table of pieces.
    pub vocab_size: usize,
    /// Fills up a batch.
    pub pad_token_id: u32,
    /// As many as it has positions for.
    pub max_tokens: usize,
}

/// The model of a checkpoint with this many labels.
///
/// # Errors
/// An architecture that is not known, a setting that is not computed, a tensor that is missing or left over.
pub fn load(checkpoint: &Checkpoint, num_labels: usize, device: &Device) -> anyhow::Result<Architecture> {
    let family = match checkpoint.config.get("model_type").and_then(Value::as_str) {
        Some("bert") => bert,
        Some("distilbert") => distilbert,
        Some("roberta" | "xlm-roberta" | "camembert") => roberta,
        Some("deberta-v2") => deberta,
        Some("modernbert") => modernbert,
        other => bail!(
            "config.json: expected a `model_type` of bert, camembert, deberta-v2, distilbert, modernbert, roberta or \
             xlm-roberta, found {}. Take a teacher of one of these",
            other.map_or("none".to_owned(), |name| format!("{name:?}"))
        ),
    };
    family(checkpoint, num_labels, device)
}

/// `hidden_act` as all of them compute it, and embeddings of the absolute positions.
fn check_common(settings: &Settings) -> anyhow::Result<()> {
    settings.only("hidden_act", &[json!("gelu"), json!("relu")], "this activation")?;
    settings.only("position_embedding_type", &[json!("absolute")], "relative positions here")?;
    settings.only("is_decoder", &[json!(false)], "decoders")
}

fn architecture(settings: &Settings, encoder: Encoder, head: Head) -> anyhow::Result<Architecture> {
    Ok(Architecture {
        encoder,
        head,
        vocab_size: settings.count("vocab_size")?,
        pad_token_id: u32::try_from(settings.count("pad_token_id")?)
            .context("config.json: `pad_token_id`")?,
        max_tokens: settings.count("max_position_embeddings")?,
    })
}

/// A head of two linear layers.
fn head(
    (dense, classifier): (VarBuilder<'_>, VarBuilder<'_>),
    activation: Activation,
    hidden_size: usize,
    num_labels: usize,
) -> Result<Head> {
    Ok(Head {
        pooling: Pooling::First,
        dense: linear(hidden_size, hidden_size, dense)?,
        activation,
        norm: None,
        classifier: linear(hidden_size, num_labels, classifier)?,
    })
}

fn bert_encoder(settings: &Settings, weights: &VarBuilder<'_>) -> anyhow::Result<Encoder> {
    check_common(settings)?;
    Ok(Encoder::Bert(BertModel::load(weights.pp("bert"), &settings.parse()?)?))
}

fn bert(checkpoint: &Checkpoint, num_labels: usize, device: &Device) -> anyhow::Result<Architecture> {
    let defaults = json!({"hidden_act": "gelu", "hidden_dropout_prob": 0.0, "initializer_range": 0.02,
        "layer_norm_eps": 1e-12, "type_vocab_size": 2, "pad_token_id": 0});
    let settings = Settings::new(&checkpoint.config, defaults);
    let weights = checkpoint.weights(device);
    let encoder = bert_encoder(&settings, &weights)?;
    let parts = (weights.pp("bert.pooler.dense"), weights.pp("classifier"));
    let head = head(parts, Activation::Tanh, settings.count("hidden_size")?, num_labels)?;
    checkpoint.check_taken("bert", &["classifier"], &USELESS)?;
    architecture(&settings, encoder, head)
}

fn distilbert(checkpoint: &Checkpoint, num_labels: usize, device: &Device) -> anyhow::Result<Architecture> {
    let mut settings = Settings::new(
        &checkpoint.config,
        json!({"activation": "gelu", "hidden_dropout_prob": 0.0, "initializer_range": 0.02, "pad_token_id": 0}),
    );
    for (ours, theirs) in [
        ("hidden_size", "dim"),
        ("num_hidden_layers", "n_layers"),
        ("num_attention_heads", "n_heads"),
        ("intermediate_size", "hidden_dim"),
        ("hidden_act", "activation"),
    ] {
        settings.set(ours, settings.get(theirs).cloned().unwrap_or_default());
    }
    settings.set("type_vocab_size", json!(1));
    settings.set("layer_norm_eps", json!(1e-12));
    let hidden_size = settings.count("hidden_size")?;
    let types = Tensor::zeros((1, hidden_size), DType::F32, &Device::Cpu)?;
    let further = vec![("bert.embeddings.token_type_embeddings.weight".to_owned(), types)];
    let checkpoint = checkpoint.renamed(bert_name, further);
    let weights = checkpoint.weights(device);
    let encoder = bert_encoder(&settings, &weights)?;
    let parts = (weights.pp("pre_classifier"), weights.pp("classifier"));
    let head = head(parts, Activation::Relu, hidden_size, num_labels)?;
    checkpoint.check_taken("bert", &["pre_classifier", "classifier"], &USELESS)?;
    architecture(&settings, encoder, head)
}

/// What BERT calls a tensor of DistilBERT.
fn bert_name(name: &str) -> String {
    let mut name = name.to_owned();
    for (theirs, ours) in [
        ("distilbert.transformer.", "bert.encoder."),
        ("distilbert.", "bert."),
        (".attention.q_lin.", ".attention.self.query."),
        (".attention.k_lin.", ".attention.self.key."),
        (".attention.v_lin.", ".attention.self.value."),
        (".attention.out_lin.", ".attention.output.dense."),
        (".sa_layer_norm.", ".attention.output.LayerNorm."),
        (".ffn.lin1.", ".intermediate.dense."),
        (".ffn.lin2.", ".output.dense."),
        (".output_layer_norm.", ".output.LayerNorm."),
    ] {
        name = name.replacen(theirs, ours, 1);
    }
    name
}

fn roberta(checkpoint: &Checkpoint, num_labels: usize, device: &Device) -> anyhow::Result<Architecture> {
    let defaults = json!({"hidden_act": "gelu", "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0,
        "position_embedding_type": "absolute", "layer_norm_eps": 1e-12, "type_vocab_size": 2, "pad_token_id": 1});
    let settings = Settings::new(&checkpoint.config, defaults);
    check_common(&settings)?;
    let weights = checkpoint.weights(device);
    let encoder = Encoder::Roberta(XLMRobertaModel::new(&settings.parse()?, weights.pp("roberta"))?);
    let parts = (weights.pp("classifier.dense"), weights.pp("classifier.out_proj"));
    let head = head(parts, Activation::Tanh, settings.count("hidden_size")?, num_labels)?;
    checkpoint.check_taken("roberta", &["classifier"], &USELESS)?;
    let found = architecture(&settings, encoder, head)?;
    // The first position stands behind that of the padding.
    let max_tokens = found.max_tokens.saturating_sub(found.pad_token_id as usize + 1);
    Ok(Architecture { max_tokens, ..found })
}

fn deberta(checkpoint: &Checkpoint, num_labels: usize, device: &Device) -> anyhow::Result<Architecture> {
    let mut settings = Settings::new(
        &checkpoint.config,
        json!({"hidden_act": "gelu", "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0,
            "initializer_range": 0.02, "layer_norm_eps": 1e-7, "type_vocab_size": 0, "pad_token_id": 0,
            "relative_attention": false, "max_relative_positions": -1, "position_biased_input": true,
            "pos_att_type": []}),
    );
    check_common(&settings)?;
    let hidden_size = settings.count("hidden_size")?;
    settings.only("position_biased_input", &[json!(false)], "absolute positions of more than one text")?;
    settings.only("conv_kernel_size", &[json!(0)], "its convolution")?;
    settings.only("norm_rel_ebd", &[json!("none"), json!("layer_norm")], "this norm of its positions")?;
    settings.only("pooler_hidden_act", &[json!("gelu")], "this activation of its pooler")?;
    settings.only("pooler_hidden_size", &[json!(hidden_size)], "a pooler of another width")?;
    // Of the head, which is ours.
    settings.set("pooler_hidden_act", Value::Null);
    let weights = checkpoint.weights(device);
    let encoder =
        Encoder::Deberta(Box::new(DebertaV2Model::load(weights.pp("deberta"), &settings.parse()?)?));
    let parts = (weights.pp("pooler.dense"), weights.pp("classifier"));
    let head = head(parts, Activation::Gelu, hidden_size, num_labels)?;
    checkpoint.check_taken("deberta", &["pooler", "classifier"], &USELESS)?;
    architecture(&settings, encoder, head)
}

fn modernbert(checkpoint: &Checkpoint, num_labels: usize, device: &Device) -> anyhow::Result<Architecture> {
    let mut settings = Settings::new(
        &checkpoint.config,
        json!({"norm_eps": 1e-5, "pad_token_id": 50283, "global_attn_every_n_layers": 3, "local_attention": 128,
            "global_rope_theta": 160000.0, "classifier_pooling": "cls"}),
    );
    for key in ["attention_bias", "mlp_bias", "norm_bias", "classifier_bias"] {
        settings.only(key, &[json!(false)], "these biases")?;
    }
    for key in ["hidden_activation", "classifier_activation"] {
        settings.only(key, &[json!("gelu")], "this activation")?;
    }
    settings.only("classifier_pooling", &[json!("cls"), json!("mean")], "this pooling")?;
    settings.set("layer_norm_eps", settings.get("norm_eps").cloned().unwrap_or_default());
    set_rotations(&mut settings)?;
    let (hidden_size, layers) = (settings.count("hidden_size")?, settings.count("num_hidden_layers")?);
    check_layer_types(&settings, layers)?;
    let weights = checkpoint.weights(device);
    // candle takes a missing norm for one that is not meant to be there, as the first layer's is.
    let mut norms = (1..layers).map(|layer| format!("model.layers.{layer}.attn_norm.weight"));
    let missing = norms.find(|name| !weights.contains_tensor(name));
    ensure!(missing.is_none(), "expected a tensor `{}`, found none", missing.unwrap_or_default());
    let encoder = Encoder::ModernBert(ModernBert::load(weights.clone(), &settings.parse()?)?);
    let eps = settings.get("norm_eps").and_then(Value::as_f64).unwrap_or_default();
    let head = Head {
        pooling: match settings.get("classifier_pooling").and_then(Value::as_str) {
            Some("mean") => Pooling::Mean,
            _ => Pooling::First,
        },
        dense: linear_no_bias(hidden_size, hidden_size, weights.pp("head.dense"))?,
        activation: Activation::Gelu,
        norm: Some(layer_norm_no_bias(hidden_size, eps, weights.pp("head.norm"))?),
        classifier: linear(hidden_size, num_labels, weights.pp("classifier"))?,
    };
    checkpoint.check_taken("model", &["head", "classifier"], &USELESS)?;
    architecture(&settings, encoder, head)
}

/// transformers 5 writes the bases of ModernBERT's rotations elsewhere than 4 did.
fn set_rotations(settings: &mut Settings) -> anyhow::Result<()> {
    let Some(rotations) = settings.get("rope_parameters").cloned() else {
        // As PyTorch does where none is given for the local layers.
        let local = settings.get("local_rope_theta").or_else(|| settings.get("global_rope_theta"));
        let local = local.cloned().unwrap_or_default();
        settings.set("local_rope_theta", local);
        return Ok(());
    };
    for (kind, key) in [("full_attention", "global_rope_theta"), ("sliding_attention", "local_rope_theta")] {
        let rotation = &rotations[kind];
        let theta = rotation["rope_theta"].as_f64().filter(|_| rotation["rope_type"] == "default");
        let theta = theta.with_context(|| {
            format!(
                "config.json: expected a `rope_theta` and the `rope_type` \"default\" in `rope_parameters.{kind}`, found \
                 {rotation}: candle-transformers computes no other. Take another teacher"
            )
        })?;
        settings.set(key, json!(theta));
    }
    Ok(())
}

/// Which layers see the whole text: every n-th, as candle counts them.
fn check_layer_types(settings: &Settings, layers: usize) -> anyhow::Result<()> {
    let every = settings.count("global_attn_every_n_layers")?.max(1);
    let expected =
        |layer: usize| if layer.is_multiple_of(every) { "full_attention" } else { "sliding_attention" };
    let Some(found) = settings.get("layer_types") else { return Ok(()) };
    ensure!(
        *found == json!((0..layers).map(expected).collect::<Vec<_>>()),
        "config.json: expected `layer_types` with full attention in every layer of `global_attn_every_n_layers` ({every}), \
         found {found}: candle-transformers computes no other. Take another teacher"
    );
    Ok(())
}
