"""Lists the items of TRIPOD+AI (Collins and others 2024, BMJ 385:e078378), in our words."""

from __future__ import annotations

from data_schemas.outcomes import WORDS
from models.documents.evidence import (
    Item,
    abstract,
    centres,
    clusters,
    counted,
    enough,
    first_chosen,
    gaps,
    groups,
    leavers,
    limits,
    missing,
    performance,
    rivals,
    selection,
    updated,
)
from models.documents.words import article, percent, words
from models.lineage import dates

TRIPOD = (
    Item("1", "Does the title say that a prediction model is developed or evaluated, with its population and outcome?",
         lambda k: f"Development and temporal validation of a model of {words(k.plan.outcome)} within {k.plan.horizon_days} days"
                   f" in {k.plan.site}."),
    Item("2", "Is there an abstract that follows the checklist for abstracts?", abstract),
    Item("3a", "What is the health context, why is this model needed, and what models exist already?"),
    Item("3b", "Who is the model meant for, what for, at what point of their care, and who will use it?"),
    Item("3c", "What inequalities are known in this population?"),
    Item("4", "What are the objectives: development, evaluation, or both?",
         lambda k: f"Both: to predict {words(k.plan.outcome)} for everyone registered, and to evaluate the risks on later dates."),
    Item("5a", "Where do the data come from, why were they chosen, and how well do they represent the people it will be used for?"),
    Item("5b", "When were the data collected?",
         lambda k: f"Trained at {dates(k.described.train)}, tested at {dates(k.evaluation.test)}, each followed for"
             f" {k.plan.horizon_days} days."),
    Item("6a", "What is the setting, with the number and location of centres?",
         lambda k: f"GP practices of {k.plan.site} and the hospitals that their patients use; {centres(k)}."),
    Item("6b", "Who is included?",
         lambda k: "Everyone alive and registered at the as-of date, of the configured minimum age; opted-out people are removed"
                   f" before anything else; {leavers(k)}."),
    Item("6c", "What treatments did people get, and how was that handled?",
         lambda k: f"The care that they had is among the predictors. People whom an earlier list reached: {k.plan.influenced}."),
    Item("7", "How were data prepared and checked, and was this the same for all groups?",
         lambda _: "One declaration for each table, the same for everybody. Bad rows are quarantined and counted. Features use nothing"
             " dated or recorded on or after the as-of date. Counts are in report.json."),
    Item("8a", "What is the outcome, over what time, and how was it assessed?",
         lambda k: f"Whether {article(k.plan.outcome)} happens in the window [as-of date, as-of date + {k.plan.horizon_days} days),"
                   f" from {WORDS[k.plan.outcome].records}, by one rule for everybody."),
    Item("8b", "If judgement is needed to assess the outcome, who assessed it?", lambda _: "Nobody: it is a rule on coded records."),
    Item("8c", "Was the assessment of the outcome blind to the predictors?", lambda _: "Yes: the rule does not see them."),
    Item("9a", "How were the first predictors chosen, and were any left out before the model was built?",
         lambda k: f"{first_chosen(k.described)} People say why each was declared."),
    Item("9b", "How are the predictors defined, and when were they measured?",
         lambda _: "Meanings, codes and windows are in docs/reference/feature-dictionary.md; all from before the as-of date."),
    Item("9c", "If judgement is needed to assess predictors, who assessed them?",
         lambda _: "Nobody for this study: predictors are worked out by rule from what practices and hospitals had coded."),
    Item("10", "How was the sample size decided, and is it enough?",
         lambda k: "Everything that the extracts contain at these dates, or as much as fits into memory. " + counted(k)
                   + f" Training is refused under {k.plan.minimum_events} events. {enough(k)}"),
    Item("11", "How were missing values handled, and why was anything left out?", missing),
    Item("12a", "How were data used for training and testing?",
         lambda k: "By time: outcome windows of training and of testing do not overlap."
                   f" {percent(k.test.share_also_trained_on)} of test people were in the training data too, at an earlier date; others"
                   " are reported separately."),
    Item("12b", "How were predictors handled?",
         lambda _: "Trees use them as they are, with a fixed direction where medicine gives one. Linear models use logarithms of counts"
             " and splines."),
    Item("12c", "What kind of model, how built, how chosen, how tuned?", selection),
    Item("12d", "How were differences between clusters examined?",
         lambda k: f"Figures with intervals for each cluster. {clusters(k)}"),
    Item("12e", "How was performance measured?",
         lambda _: "Discrimination, calibration (slope, intercept, ICI), overall (Brier), usefulness (net benefit) and top-of-list figures,"
                   " with 95% intervals from resampling people."),
    Item("12f", "Was the model updated after it was evaluated?", updated),
    Item("12g", "How were the risks worked out for the evaluation?",
         lambda _: "By the code that scores, from snapshots taken by the same code."),
    Item("13", "How was class imbalance handled?",
         lambda _: "Without resampling; where rows are sampled for size, weights keep every rate right. Calibrated out of fold."),
    Item("14", "How was fairness examined, and what was done about it?",
         lambda k: f"Examined: {groups(k)} Nothing was changed in the model because of it. People decide whether anything should be."),
    Item("15", "What does the model output, and how were thresholds chosen?",
         lambda _: "The chance of the outcome, 0 to 1; lists are cut at each cluster's capacity, not at a risk."),
    Item("16", "How do training and test data differ in setting, people, outcome and predictors?",
         lambda k: f"In their dates only: {dates(k.described.train)} and {dates(k.evaluation.test)}; one site, one rule for"
                   " people, outcome and predictors."),
    Item("17", "Was there ethical approval, and was there consent?"),
    Item("18a", "Who funded the work, and what was their role?"),
    Item("18b", "What interests do the authors have?"),
    Item("18c", "Where is the protocol, if there is one?"),
    Item("18d", "Where is the study registered, if it is?"),
    Item("18e", "Where are the data?", lambda _: "Not shared; their fingerprints are in MLflow."),
    Item("18f", "Where is the code?", lambda k: f"Version {k.described.code}; people say where it is available."),
    Item("19", "How were patients and the public involved?"),
    Item("20a", "How many people took part, and how many had the outcome?", counted),
    Item("20b", "What are the people like, overall and by group?",
         lambda k: f"{groups(k)} Counts and outcomes of each are in report.json; missing values of each predictor in the snapshots."),
    Item("20c", "How do people differ between training and evaluation?",
         lambda k: f"{k.evaluation.drift.marked} of {len(k.evaluation.drift.features)} features have changed markedly;"
                   f" stability index of the risks on the test dates {k.evaluation.drift.risk:.3f}."),
    Item("21", "How many people and outcomes went into each analysis?", counted),
    Item("22", "Is the whole model available?",
         lambda k: f"Version {k.described.model_version} in skops format, in the registry and the store. People say who may have it."),
    Item("23a", "How well does it perform, overall and by group?", lambda k: f"{performance(k)} {groups(k)} {gaps(k)}"),
    Item("23b", "How much does performance differ between clusters?", clusters),
    Item("24", "What were the results of updating the model?", updated),
    Item("25", "What do the results mean, for fairness too, compared with earlier models?",
         lambda k: f"Simple rivals on the same people: {rivals(k)} People say what it means."),
    Item("26", "What are the limits?", limits),
    Item("27a", "How should poor or missing input be handled in use?",
         lambda _: "Missing values are allowed. Every run looks for tables that have stopped arriving (alarm empty_join) and for"
             " features that have changed since training (logged); the drift alarm compares test dates with training."),
    Item("27b", "What do users need to do and know?"),
    Item("27c", "What are the next steps, above all for use elsewhere?"),
)  # fmt: skip
