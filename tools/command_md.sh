#!/bin/sh
# Write docs/command.md from the help of the command. A test compares it with the file.
# Usage: tools/command_md.sh LIBFLOW >docs/command.md
set -eu
libflow=$1

cat <<'END'
# The command `libflow`

<!-- Made by tools/command_md.sh from the help texts; change those and run it again. -->

Results go to standard output, everything else (warnings, errors, progress) to standard error.
Progress is shown only on a terminal.
With `--json`, standard output is one JSON object whose member `schema` names its form.

END
echo '```'
"$libflow" help
echo '```'
commands=$("$libflow" help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
for command in $commands; do
    [ "$command" != help ] || continue
    printf '\n## libflow %s\n\n```\n' "$command"
    "$libflow" help "$command"
    echo '```'
done
cat <<'END'

## JSON

Members may be added within a `schema`; none is removed or changes its meaning without a new one.
Undefined numbers are `null`.

| `schema` | printed by | members |
|---|---|---|
| `libflow.run.1` | `run --json` | `version`, `scenario`, `start`, `days`, `places`, `links`, `members`, `persons` (at the end), `entered`, `left`, `person_steps`, `load_s`, `wall_s` (all), `step_s` (in steps), `person_steps_per_s` (of `step_s`), `threads`, `seed`, `checksum`, `output`, `warnings`, `observed`, and `score` when there are observations; with `--members` also `ensemble`: then `persons`, `entered` and `left` are medians, `person_steps` and `step_s` sums over the members, and `score` is that of the median |
| `libflow.check.1` | `check --json` | `scenario`, `good`, `problems`, `warnings`, and when good `places`, `links`, `days`, `observed`, `start` |
| `libflow.score.1` | `score --json` | `result`, `days`, `observed`, and the members of a score; of many members also `ensemble` |
| `libflow.info.1` | `info --json` | `result`, `title`, `scenario`, `version`, `created`, `command_line`, `checksum`, `seed`, `member` (of many the first), `members`, `start`, `days`, `places`, `observed` |
| `libflow.describe.1` | `describe --json` | `keys` (with `module` for one of them), `modules`, `quantities`, `observables` or `places` |
| `libflow.calibrate.1` | `calibrate --json` | `flows`, `model` (`logit`, `poisson`), `test` (`none`, `years`, `origins`), `coefficients` (`feature`, `coefficient`, `standard_error`, and with samples `low` and `high`), `constant`, `pairs`, `people`, both also `_held_out`, `log_likelihood`, `log_likelihood_0` (coefficients 0), `samples`, `samples_without_maximum`, `cpc` and `cpc_held_out` of `fit`, `gravity`, `radiation`, `persistence` |
| `libflow.sweep_plan.1` | `sweep plan --json` | `plan`, `keys`, `rows`, `points`, `members`, `runs` |
| `libflow.sweep_run.1` | `sweep run --json` | `folder`, `runs` (done now), `found_done`, `runs_of_study`, `threads`, `wall_s`, `runs_per_s`, `person_steps` (of the runs done now) |
| `libflow.sensitivity.1` | `sensitivity --json` | `study`, `design`, `rows`, `points`, `members`, `indicators`: each with `indicator`, `method` (`sobol`, `morris`) and `keys`; of sobol each key has `first` and `total`, and the indicator `mean`, `variance`, `luck`; of morris each key has `mu_star`, `mu`, `sigma`, `luck_alone`; estimates have `value`, `low`, `high` |

Each problem or warning: `file`, `line`, `column` (from 1; 0: unknown) and `text`.
Each member of the list `observed`: `place`, `simulated_last`, `observed_last`, `simulated_mean`, `observed_mean`, `absolute_error_mean` (people), `error`, `ard`, `mase`, `rmse`.
A score: `error`, `ard`, `mase`, `rmse`, `skill`, `best_trivial`, `arrived`, and `trivial`, which holds `error`, `ard`, `mase`, `rmse` of each of the seven trivial models by name.
An ensemble: `members`, `first_member`, `persons`, `entered`, `left`, and with observations `of_members` (`error`, `ard`, `mase`, `rmse` of the members), `of_mean` (the same of their mean), `crps` (as a share, like `error`), `crps_skill`, `coverage_50`, `coverage_90`; each member of `observed` then also has `simulated_last_spread`, `crps` (people), `coverage_50` and `coverage_90`.
What differs between members is given as `mean`, `q05`, `q25`, `q50`, `q75`, `q95`.
END
