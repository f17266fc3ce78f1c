"""The sections of the page, one a work, in their order."""

from __future__ import annotations

from collections.abc import Callable

from figures import Figures
from own_sections import app, browsing, cold, driver, growth, large, memory, paused, scale, scaling
from peer_sections import ideas, mixed, versus, w1, w2, w3, w4, w8

SECTIONS: dict[str, Callable[[Figures], list[str]]] = {
    "w1": w1,
    "mixed": mixed,
    "w2": w2,
    "w3": w3,
    "w4": w4,
    "w5": versus(
        "w5",
        "W5: a table, residual blocks",
        [
            "The family `mlp_residual` on a CSV file of 2,000 rows, as W3's; 1,500 train in 5 folds of 20 epochs, batch 100,",
            "Adam, batch normalization, dropout. One architecture: two blocks of 64 units; learning rate and dropout vary.",
            "Mixed: 1 to 3 blocks, 32 to 96 units, relu or elu. Reading and preparing the file are in the time. Clocks and",
            "columns are those of W1.",
        ],
    ),
    "w6": versus(
        "w6",
        "W6: Fashion-MNIST, 3,000 images, a residual net",
        [
            "A small `resnet`: 3 folds of 4 epochs, batch 100, Adam, batch normalization. One architecture: two stages of one",
            "block, 8 and 16 filters, global average pooling; the learning rate varies. Mixed: 1 or 2 stages of 1 or 2 blocks, 6",
            "to 12 filters, either head. Clocks and columns are those of W1.",
        ],
    ),
    "w7": versus(
        "w7",
        "W7: digits, a model with two branches written for KerasTuner",
        [
            "A `build_model(hp)` that returns a functional model, one branch deep and narrow, one wide, which all three get as it",
            "is; 5 folds of 20 epochs, batch 100, Adam. One architecture: learning rate and dropout vary. Mixed: depth 1 to 4,",
            "widths of both branches, relu or tanh. Clocks and columns are those of W1.",
        ],
    ),
    "w8": w8,
    "driver": driver,
    "memory": memory,
    "growth": growth,
    "large": large,
    "scale": scale,
    "browsing": browsing,
    "app": app,
    "scaling": scaling,
    "cold": cold,
    "paused": paused,
    "ideas": ideas,
}
