"""The twenty questions of PROBAST (Wolff and others 2019, Ann Intern Med 170:51) and its judgements, in our words."""

from __future__ import annotations

from models.documents.evidence import Item, enough, leavers, missing, performance, selection

BIAS = "What is the risk of bias (low, high, unclear)?"
CONCERN = "What concern is there that it does not fit its use here (low, high, unclear)?"
PROBAST = (
    Item("1.1", "Were appropriate data sources used?"),
    Item("1.2", "Were inclusions and exclusions appropriate?", lambda k: f"Evidence: everyone registered; {leavers(k)}."),
    Item("1 bias", f"People. {BIAS}"),
    Item("1 concern", f"People. {CONCERN}"),
    Item("2.1", "Were predictors defined and assessed alike for everyone?",
         lambda _: "Evidence: one declaration for each feature, computed by one engine for all. Recording differs between practices."),
    Item("2.2", "Were predictors assessed without knowing the outcome?",
         lambda _: "Evidence: only events dated and recorded before the as-of date reach a feature; a test proves it."),
    Item("2.3", "Are all predictors available when the model is used?",
         lambda _: "Evidence: scoring uses the same snapshot code as training."),
    Item("2 bias", f"Predictors. {BIAS}"),
    Item("2 concern", f"Predictors. {CONCERN}"),
    Item("3.1", "Was the outcome determined appropriately?"),
    Item("3.2", "Was a pre-specified or standard definition of the outcome used?",
         lambda k: f"Evidence: `{k.plan.outcome}` is fixed in the contract, before any data are seen."),
    Item("3.3", "Were predictors left out of the definition of the outcome?",
         lambda _: "Evidence: the outcome reads what happens from the as-of date on, predictors what was before it. Earlier admissions are"
                   " among the predictors."),
    Item("3.4", "Was the outcome defined and determined alike for everyone?", lambda _: "Evidence: one rule on hospital records."),
    Item("3.5", "Was the outcome determined without knowing the predictors?", lambda _: "Evidence: the rule does not see them."),
    Item("3.6", "Was the time between predictors and outcome right?",
         lambda k: "Evidence: predictors up to the day before the as-of date, outcomes in the"
                   f" {k.plan.horizon_days} days from it on."),
    Item("3 bias", f"Outcome. {BIAS}"),
    Item("3 concern", f"Outcome. {CONCERN}"),
    Item("4.1", "Were there enough people with the outcome?",
         lambda k: f"Evidence: {k.described.events:,} events for {len(k.described.features)} features. {enough(k)}"),
    Item("4.2", "Were continuous and categorical predictors handled appropriately?",
         lambda _: "Evidence: numbers go in as numbers. Some usual thresholds (75 or older, five groups of medicines) go in as well, never"
                   " in place of the number."),
    Item("4.3", "Were all people included in the analysis?", lambda k: f"Evidence: {leavers(k)}; figures both ways are in the evaluation."),
    Item("4.4", "Were missing values handled appropriately?", lambda k: f"Evidence: {missing(k)}"),
    Item("4.5", "Was selecting predictors one by one avoided?",
         lambda _: "Evidence: yes, only predictors that do not vary are left out; models choose among the others together."),
    Item("4.6", "Were censoring, competing risks and sampling accounted for?",
         lambda k: f"Evidence: deaths are known non-events; {leavers(k)}; where rows were sampled, weights put every rate right."),
    Item("4.7", "Were performance measures appropriate?", lambda k: f"Evidence: {performance(k)}"),
    Item("4.8", "Were overfitting and optimism accounted for?", lambda k: f"Evidence: {selection(k)} Judged on later dates."),
    Item("4.9", "Is the final model the one that the analysis reports?",
         lambda k: f"Evidence: yes, version {k.described.model_version} is a hash of the model's content."),
    Item("4 bias", f"Analysis. {BIAS}"),
    Item("overall", "Overall: what is the risk of bias, and what concerns are there about applicability?"),
)  # fmt: skip
