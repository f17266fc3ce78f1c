"""The options of ``launch`` alone, in the groups of its help; the others are in ``run_options.py``."""

from __future__ import annotations

from typing import Annotated

import typer

from ..spaces import PRESETS
from .run_options import option

FAMILIES = ", ".join(name for name in PRESETS if name != "own")

DataSource = Annotated[
    str | None,
    typer.Argument(
        help="A name (digits, mnist, ...), a .csv, .csv.gz, .parquet or .npz file, a folder of images, texts or .npy files, "
        "module:function; or a sweep.yaml or .json."
    ),
]
Model = Annotated[str | None, typer.Argument(help=f"{FAMILIES}, or module:function.")]
DataOption = Annotated[str | None, typer.Option("--data", help="As the first argument.")]
ModelOption = Annotated[str | None, typer.Option("--model", "-m", help="As the second argument.")]
NewStudyName = Annotated[
    str | None, typer.Option("--study", "-s", help="Name.", show_default="data-model-search")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print the plan and an estimate; train nothing more.")
]
Nested = Annotated[
    int | None,
    typer.Option(
        help="Then run the search again without each of so many outer folds, and score its winner on the fold: nested "
        "cross-validation, which tells what a search reaches on rows that had no part in it.",
        show_default="no",
    ),
]
Target = Annotated[
    list[str] | None,
    typer.Option(
        help="A word: the column to predict, for CSV and Parquet, or one of several. A number: a score that ends the "
        "sweep. May be given several times.",
        metavar="COLUMN|SCORE",
    ),
]

Task = Annotated[
    str | None, option("Data", "classification, multilabel or regression.", show_default="detected")
]
Group = Annotated[str | None, option("Data", "Column of group labels.")]
Validation = Annotated[
    str | None, option("Data", "Column that says which rows validate: 1 or 0.", metavar="COLUMN")
]
FoldColumn = Annotated[
    str | None, option("Data", "Column with the number of the fold a row validates in.", metavar="COLUMN")
]
Weight = Annotated[str | None, option("Data", "Column of sample weights for the loss.", metavar="COLUMN")]
Header = Annotated[
    bool | None,
    option(
        "Data",
        "Whether a CSV's first line holds names; without, columns are c0, c1, ..., and --target -1 is the last.",
        "--header/--no-header",
        show_default="names that look like data are refused",
    ),
]
Encoding = Annotated[
    str | None,
    option(
        "Data",
        "Encoding of a CSV: cp949, shift_jis, latin-1, ...",
        show_default="its byte order mark's, or utf-8",
    ),
]
Drop = Annotated[
    list[str] | None,
    option("Data", "Column that is left out. May be given several times.", metavar="COLUMN"),
]
Text = Annotated[
    list[str] | None,
    option(
        "Data",
        "Column that is text, whatever it looks like. May be given several times.",
        "--text",
        metavar="COLUMN",
        show_default="recognised",
    ),
]
Categorical = Annotated[
    list[str] | None,
    option(
        "Data",
        "Column of categories, whatever it looks like: codes that are numbers. May be given several times.",
        "--categorical",
        metavar="COLUMN",
        show_default="recognised",
    ),
]
DropMissingTarget = Annotated[
    bool | None,
    option("Data", "Leave out rows without a target.", "--drop-missing-target", show_default="refused"),
]
TestSize = Annotated[
    float | None,
    option("Data", "Share of the rows that is held out for refit; 0 for none.", show_default="0.25"),
]
TestSplit = Annotated[
    str | None,
    option(
        "Data",
        "Hold out random rows, or the last ones, for rows in order of time.",
        show_default="random; last for --cv time",
    ),
]
Window = Annotated[
    int | None,
    option("Data", "Rows are steps of time: predict from windows of this many rows.", min=1),
]
Horizon = Annotated[
    int | None,
    option("Data", "Rows from a window's last one to the one predicted.", min=1, show_default="1"),
]
TimeColumn = Annotated[
    str | None,
    option("Data", "Sort the rows of a series by this column of dates or numbers.", metavar="COLUMN"),
]
RareClasses = Annotated[
    str | None,
    option("Data", "drop or merge classes with fewer training rows than folds.", show_default="refused"),
]
Limit = Annotated[int | None, option("Data", "Train on a stratified subset of this many rows.", min=1)]
Scaling = Annotated[
    str | None, option("Data", "none, unit, minmax, standard or robust.", show_default="by rule")
]

Ranges = Annotated[
    list[str] | None,
    option(
        "Space",
        "Change a range: learning_rate=0.001..0.1:log, units=64,128.",
        "--set",
        metavar="NAME=RANGE",
    ),
]
Fixed = Annotated[
    list[str] | None, option("Space", "Fix a value: batch_size=32.", "--fix", metavar="NAME=VALUE")
]
Preset = Annotated[str | None, option("Space", "basic, standard or full.", show_default="basic")]
SpaceSource = Annotated[
    str | None,
    option(
        "Space",
        "Hyperparameters of the catalogue, a YAML file that holds a space, or top:8, the eight that mattered most in "
        "--from, in place of a preset.",
        metavar="NAME,NAME|FILE|top:N",
    ),
]
FromStudy = Annotated[
    str | None,
    option(
        "Space",
        "An earlier study: --search sensitivity starts at its winner, and --space top:8 fixes the rest there.",
        "--from",
        metavar="STUDY",
    ),
]
Prior = Annotated[
    str | None,
    option(
        "Space",
        "Where a KerasTuner or Optuna function starts: names, at the catalogue's values for names that it knows, or none.",
        show_default="names",
    ),
]

LearnFrom = Annotated[
    list[str] | None,
    option(
        "Space",
        "Earlier studies, of these data or others, whose best configurations become the recommended values.",
        "--learn-from",
        metavar="STUDY,STUDY",
    ),
]

SearchMethod = Annotated[
    str | None,
    option(
        "Search",
        "knowhow, bayes, gp, cmaes, nsga2, random, qmc or grid; sensitivity: change each a little; KerasTuner's: kt-random, kt-grid, kt-bayes, kt-hyperband.",
        show_default="knowhow; bayes for several objectives",
    ),
]
Seed = Annotated[int | None, option("Search", "Seed of everything random.", min=0, show_default="0")]
Scheduler = Annotated[
    str | None,
    option(
        "Search",
        "none, median, hyperband, asha or knowhow.",
        show_default="knowhow of its own, none for a grid, else median",
    ),
]

Folds = Annotated[int | None, option("Training", "Number of folds.", "--folds", "-k", show_default="5")]
CrossValidation = Annotated[
    str | None,
    option("Training", "kfold, stratified, repeated, group, time or holdout.", show_default="by rule"),
]
Repeats = Annotated[int | None, option("Training", "Repetitions, for --cv repeated.", show_default="2")]
Holdout = Annotated[
    float | None, option("Training", "Validation share, for --cv holdout.", show_default="0.2")
]
Stratify = Annotated[
    str | None,
    option("Training", "Which of several outputs holds classes, for stratified folds.", metavar="OUTPUT"),
]
Epochs = Annotated[
    int | None, option("Training", "The most epochs of a trial.", "--epochs", "-e", show_default="100")
]
Patience = Annotated[
    str | None,
    option("Training", "Epochs without improvement before a trial ends; or none.", show_default="10"),
]
Objective = Annotated[
    str | None,
    option(
        "Training",
        "A metric of the model, or any of Keras's or scikit-learn's by its name (roc_auc, f1_macro, r2, rmse). Several "
        "(accuracy,params) look for a Pareto front; beside metrics: params, bytes, memory (to train in), seconds (to predict a row).",
        "--objective",
        "--metric",
        metavar="NAME,...",
        show_default="val_accuracy; val_binary_accuracy for several labels a row; val_loss for regression",
    ),
]
Constraint = Annotated[
    list[str] | None,
    option(
        "Training",
        "A bound that the winner keeps, such as 'params<100000' or 'accuracy>=0.9'; what breaks it by its size is not trained. "
        "May be given several times.",
        metavar="NAME<NUMBER",
    ),
]
MaxParams = Annotated[
    int | None, option("Training", "Train no model of more weights: --constraint params<=N.", min=1)
]
MaxMemory = Annotated[
    str | None,
    option(
        "Training",
        "Train no model whose training is estimated to take more (4GB, 500MB), and end a worker that takes more all the same.",
        metavar="SIZE",
    ),
]
Direction = Annotated[
    str | None,
    option(
        "Training",
        "maximize or minimize the objective, for a metric of your own.",
        show_default="by the metric",
    ),
]
Precision = Annotated[
    str | None,
    option(
        "Training",
        "float32, bfloat16, float16, or auto: for pictures what the processor or the GPU computes in half the bits.",
        show_default="float32",
    ),
]
