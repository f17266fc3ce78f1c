"""Texts as tokens, and what reads them: ``training/data/vectorization.py`` and the family ``text`` read these.

Source of the recommended values: Google's guide to text classification, which tried them on a dozen data sets.
"""

from __future__ import annotations

from ..kinds import Categorical, Float, Int
from .entry import ALL_TASKS, TABLES, Entry, when
from .sources import KERAS, keras_layer

_GUIDE = "Google, Machine Learning Guides: Text classification"
_LAYER = keras_layer("preprocessing_layers/text/text_vectorization")

_HYPERPARAMETERS = (
    Int(
        "max_tokens",
        1000,
        50_000,
        log=True,
        recommended=20_000,
        confidence="high",
        meaning="words that are told apart, the most frequent ones of the training rows; all others are one",
        advice="Few rows: 5,000 overfit less. There are never more than the training rows have.",
        source=f"{_GUIDE}, step 3: the 20,000 most frequent; {_LAYER}",
    ),
    Int(
        "sequence_length",
        20,
        1000,
        log=True,
        recommended=500,
        meaning="tokens of a text that are read; the rest of a longer one is cut off",
        advice="Trials take too long: 200. The first sentences say it all: 100. It is never longer than the longest text.",
        source=f"{_GUIDE}, step 3: at most 500; {KERAS[: -len('/api')]}/examples/nlp/text_classification_from_scratch: 500",
    ),
    Categorical(
        "token_unit",
        ("word", "character"),
        recommended="word",
        grid=("word",),
        meaning="what a token is: what stands between spaces, or a single letter",
        advice="Chinese, Japanese, Thai, and languages of many endings, such as Korean: try character, with a convolution.",
        source="Zhang et al. 2015, Character-level Convolutional Networks for Text Classification; Zhang and LeCun 2017, "
        "Which Encoding is the Best for Text Classification in Chinese, English, Japanese and Korean?",
    ),
    Int(
        "ngrams",
        1,
        2,
        recommended=1,
        conditions=when(text_encoder="average"),
        meaning="2: each pair of neighbouring tokens is a token as well, so that their mean knows 'not good' from 'good'",
        advice="Few rows, or short texts, in which order matters: 2, with max_tokens and sequence_length twice as large: "
        "pairs stand behind the single tokens of a text, and are cut off first.",
        source=f"Joulin et al. 2017, Bag of Tricks for Efficient Text Classification: bigrams add 1 to 4 points of "
        f"accuracy on long reviews; {_GUIDE}, step 3: 1 and 2; {_LAYER}",
    ),
    Int(
        "embedding_dim",
        8,
        256,
        log=True,
        recommended=64,
        confidence="low",
        meaning="numbers that stand for a token; of a gru, the size of its state as well",
        advice="Few rows: 16. Overfitting: halve it. Both scores are poor: double it.",
        source=f"{_GUIDE}, step 5: 50 to 300; tensorflow.org/tutorials/keras/text_classification: 16",
    ),
    Categorical(
        "text_encoder",
        ("average", "convolution", "gru"),
        recommended="average",
        meaning="what becomes of a text's tokens: their mean, the largest answers of a convolution, or a GRU's last state",
        advice="Few rows for long texts (fewer than 1,500 rows for each word of a text): average. Far more: convolution. The "
        "order of words decides: gru, which takes many times as long.",
        source=f"{_GUIDE}, step 2.5: rows by words of a row, 1,500; Joulin et al. 2017, Bag of Tricks for Efficient Text "
        "Classification; Kim 2014, Convolutional Neural Networks for Sentence Classification",
    ),
    Float(
        "embedding_dropout",
        0.0,
        0.5,
        recommended=0.0,
        confidence="low",
        meaning="share of an embedding's numbers that are silenced, the same ones in all tokens of a text",
        advice="Overfitting although dropout is set: 0.2.",
        source=keras_layer("regularization_layers/spatial_dropout1d"),
    ),
)

ENTRIES = tuple(Entry(hyperparameter, ("text",), ALL_TASKS, TABLES) for hyperparameter in _HYPERPARAMETERS)
