"""Small random models of each family, laid out as the hub's library leaves a download."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from backend.encoders import hub

WORDS = ["the", "a", "cat", "dog", "sleeps", "runs", "in", "rain", "happy", "sad", "##s", "##ing"]
CLIP = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {"context_length": 32, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
}


def snapshot(cache: Path, repository: str) -> Path:
    """The folder of a repository's only version in a cache of the hub."""
    root, commit = cache / f"models--{repository.replace('/', '--')}", "0" * 40
    (root / "refs").mkdir(parents=True)
    (root / "refs" / "main").write_text(commit)
    (root / "snapshots" / commit).mkdir(parents=True)
    return root / "snapshots" / commit


def save_open_clip(cache: Path, repository: str, config: dict[str, Any]) -> None:
    """A model of open_clip, `open_clip:hf-hub:REPOSITORY`."""
    hub.torchvision_ready()
    import open_clip
    import torch
    from safetensors.torch import save_file

    name = repository.replace("/", "-")
    (cache / f"{name}.json").write_text(json.dumps(config))
    open_clip.add_model_config(cache / f"{name}.json")
    torch.manual_seed(0)
    model = open_clip.create_model(name, pretrained_hf=False)
    folder = snapshot(cache, repository)
    state = {k: v.clone().contiguous() for k, v in model.state_dict().items()}
    save_file(state, folder / "open_clip_model.safetensors")
    both = {"model_cfg": config, "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3}}
    (folder / "open_clip_config.json").write_text(json.dumps(both))


def save_siglip(cache: Path, repository: str) -> None:
    """A model like SigLIP 2: a tokenizer of the hub, no causal mask, the last token pooled."""
    text = {
        "context_length": 16,
        "vocab_size": 64,
        "hf_tokenizer_name": f"{repository}-words",
        "tokenizer_kwargs": {"clean": "canonicalize"},
        "width": 32,
        "heads": 2,
        "layers": 1,
        "no_causal_mask": True,
        "proj_bias": True,
        "pool_type": "last",
    }
    config = {**CLIP, "text_cfg": text, "custom_text": True, "init_logit_bias": -10}
    _word_pieces().save_pretrained(snapshot(cache, f"{repository}-words"))
    save_open_clip(cache, repository, config)


def save_multilingual_clip(cache: Path, repository: str) -> None:
    """A model like CLIP with XLM-RoBERTa: its text tower is another model of the hub."""
    from transformers import XLMRobertaConfig

    text = f"{repository}-text"
    folder = snapshot(cache, text)
    XLMRobertaConfig(vocab_size=64, pad_token_id=0, **_SIZES).save_pretrained(folder)
    _word_pieces().save_pretrained(folder)
    named = {
        "context_length": 32,
        "hf_model_name": text,
        "hf_tokenizer_name": text,
        "hf_pooler_type": "mean_pooler",
    }
    save_open_clip(cache, repository, {**CLIP, "text_cfg": named})


def save_sentences(cache: Path, repository: str) -> None:
    """A BERT of sentence-transformers, with mean pooling and a prompt."""
    hub.torchvision_ready()
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    bare = cache / "bare"
    BertModel(BertConfig(vocab_size=64, **_SIZES)).save_pretrained(bare)
    _word_pieces().save_pretrained(bare)
    read = Transformer(str(bare))
    pooled = Pooling(read.get_embedding_dimension())
    prompts = {"query": "the "}
    model = SentenceTransformer(
        modules=[read, pooled], prompts=prompts, default_prompt_name="query"
    )
    model.save_pretrained(str(snapshot(cache, repository)))


def save_clap(cache: Path, repository: str) -> None:
    """A CLAP: Swin over a spectrogram, RoBERTa over bytes."""
    hub.torchvision_ready()
    import torch
    from transformers import (
        ClapAudioConfig,
        ClapConfig,
        ClapFeatureExtractor,
        ClapModel,
        ClapProcessor,
        ClapTextConfig,
        RobertaTokenizer,
    )
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    torch.manual_seed(0)
    text = ClapTextConfig(vocab_size=300, projection_dim=16, **_SIZES)
    audio = ClapAudioConfig(
        hidden_size=64,
        projection_dim=16,
        depths=[1, 1, 1, 1],
        num_attention_heads=[1, 1, 1, 1],
        patch_embeds_hidden_size=8,
    )
    model = ClapModel(ClapConfig(text_config=text, audio_config=audio, projection_dim=16))
    folder = snapshot(cache, repository)
    model.save_pretrained(folder)
    tokens = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *bytes_to_unicode().values()]
    tokenizer = RobertaTokenizer(vocab={t: i for i, t in enumerate(tokens)}, merges=[])
    tokenizer.model_max_length = _SIZES["max_position_embeddings"] - 2
    # As of laion/clap-htsat-unfused: ten seconds, a longer sound cut at random.
    hears = ClapFeatureExtractor(truncation="rand_trunc", padding="repeatpad")
    ClapProcessor(hears, tokenizer).save_pretrained(folder)


_SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 34,
}


def _word_pieces() -> Any:
    from transformers import BertTokenizer

    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokens = [*specials, *WORDS, *map(chr, range(97, 123))]
    return BertTokenizer(vocab={t: i for i, t in enumerate(tokens)}, model_max_length=32)
