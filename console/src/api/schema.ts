/** Made by `npm run api` from the server's OpenAPI page; do not change it by hand. */

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * AccessKeyCreated
         * @description A new access key; the secret is never shown again.
         */
        AccessKeyCreated: {
            /**
             * Access Key
             * @description Its id, which is not secret.
             */
            access_key: string;
            /**
             * Project
             * @description The project whose jobs it sees.
             */
            project: string;
            /** @description `operator` may change things, `viewer` is read only. */
            role: components["schemas"]["Role"];
            /**
             * Name
             * @description For people.
             */
            name: string;
            /**
             * Created At
             * Format: date-time
             * @description When, in aware UTC.
             */
            created_at: string;
            /**
             * Secret Key
             * @description The secret, which signs requests and is the second half of a bearer token.
             */
            secret_key: string;
        };
        /**
         * AccessKeyList
         * @description The access keys.
         */
        AccessKeyList: {
            /**
             * Items
             * @description One row per key, oldest first.
             */
            items: components["schemas"]["KeyRow"][];
        };
        /**
         * Attempt
         * @description One execution of a trial; a retry is a further attempt.
         */
        Attempt: {
            /**
             * Number
             * @description The trial's number.
             */
            number: number;
            /**
             * Attempt
             * @description 1 for the first.
             */
            attempt: number;
            /** @description `waiting` (ordered), `running` or the state it ended in. */
            state: components["schemas"]["TrialState"];
            /**
             * Folder
             * @description Path of the attempt folder, relative to the home.
             */
            folder: string;
            /**
             * Handle
             * @description What the executor needs to find it again, as JSON; null before it was submitted.
             */
            handle: {
                [key: string]: unknown;
            } | null;
            /** @description How it ended; null while it runs. */
            exit: components["schemas"]["ExitStatus"] | null;
            /**
             * Log Offset
             * @description Bytes of the log that were read into reports; always the start of a line.
             */
            log_offset: number;
            /**
             * Warnings
             * @description Warnings about matches that were not numbers, the first ones only.
             */
            warnings: string[];
            /**
             * Created At
             * @description Ordered, running, ended, in aware UTC; null before that.
             */
            created_at: string | null;
            /**
             * Started At
             * @description Ordered, running, ended, in aware UTC; null before that.
             */
            started_at: string | null;
            /**
             * Finished At
             * @description Ordered, running, ended, in aware UTC; null before that.
             */
            finished_at: string | null;
            /**
             * Pruned At
             * @description When `prune` removed its files, the log among them; null while they are kept.
             */
            pruned_at: string | null;
            /**
             * Placed
             * @description Where it runs or ran: machine and devices, as `gpu3, GPU 1`; empty while that is not known.
             */
            placed: string;
            /**
             * Contact At
             * @description When its executor last heard of it, to half a minute; null before it was submitted.
             */
            contact_at: string | null;
            /**
             * Notices
             * @description The warnings that have a code, as code and parameters.
             */
            notices: components["schemas"]["Message"][];
        };
        /**
         * Baseline
         * @description The value that the best trial of a job is compared with: that of the program as it is, which is trial 0.
         */
        Baseline: {
            /**
             * Number
             * @description The trial.
             */
            number: number;
            /**
             * Value
             * @description Its value.
             */
            value: number;
            /**
             * Kind
             * @description `defaults`: the user's or the program's own; `usual`: usual values, where there are no defaults; `enqueued`: what the user enqueued as the first trial, where neither was tried.
             */
            kind: string;
            /**
             * Gain
             * @description By how much the best value is better, in the metric's units; never negative.
             */
            gain: number;
            /** @description The same for people, such as `0.9 points better than the defaults (trial 0)`. */
            comparison: components["schemas"]["Message"];
            /** @description For people, how much the best trial beats both usual values and defaults; null unless it does. */
            both: components["schemas"]["Message"] | null;
        };
        /**
         * Best
         * @description The best trial and how to run it again.
         */
        Best: {
            /** @description The best trial. */
            trial: components["schemas"]["Trial"];
            /**
             * Params
             * @description All parameters, searched and fixed.
             */
            params: {
                [key: string]: boolean | number | string | null;
            };
            /**
             * Command Line
             * @description Ready to paste.
             */
            command_line: string;
            /**
             * Unit
             * @description Of the value, as the program printed it; empty for numbers alone, and while it is not known.
             */
            unit: string;
            /**
             * Number
             * @description The number of the trial.
             */
            number: number;
            /**
             * Value
             * @description The best value, in the metric's own sign.
             */
            value: number | null;
        };
        /**
         * Calibration
         * @description How often results fell into the bands of their predictions.
         */
        Calibration: {
            /**
             * N
             * @description Completed trials whose result was predicted.
             */
            n: number;
            /**
             * Within 50
             * @description Share of them inside the 50 % band, 0.5 if the model is right about what it does not know; null without any.
             */
            within_50: number | null;
            /**
             * Within 90
             * @description The same of the 90 % band.
             */
            within_90: number | null;
            /** @description Whether the shares are those of bands that are right, as far as so many results can tell; null for fewer than five. */
            note: components["schemas"]["Message"] | null;
        };
        /**
         * CaptureRow
         * @description A capture of a metric's regex in a log, or a value of a metric in a file.
         */
        CaptureRow: {
            /**
             * Metric
             * @description Its name.
             */
            metric: string;
            /**
             * Line Number
             * @description From 1; 0 in a file.
             */
            line_number: number;
            /**
             * Line
             * @description The line, shortened; of a file that has no lines, the path or tag.
             */
            line: string;
            /**
             * Text
             * @description What was captured.
             */
            text: string;
            /**
             * Value
             * @description The number, in the unit of its metric; null when it was refused.
             */
            value: number | null;
            /**
             * Problem
             * @description Why it was refused, or empty.
             */
            problem: string;
            /**
             * Unit
             * @description The letters or the sign right after it, as printed; empty without one.
             */
            unit: string;
            /**
             * File
             * @description The file, from the trial's own folder or absolute; empty: the log.
             */
            file: string;
            /**
             * Offset
             * @description Byte offset of the line or record in the file.
             */
            offset: number;
            /** @description The problem as code and parameters; null if it has no code. */
            reason: components["schemas"]["Message"] | null;
        };
        /**
         * Cause
         * @description Why a trial failed.
         * @enum {string}
         */
        Cause: "exit_code" | "signal" | "out_of_memory" | "timeout" | "no_metric" | "non_finite" | "launch_error" | "lost" | "preempted";
        /**
         * ChangeBody
         * @description What to change of a search; what is left out stays as it is.
         */
        ChangeBody: {
            /**
             * Parallel
             * @description Number of parallel trials; with fewer, running ones end on their own.
             * @example 4
             */
            parallel?: number | null;
            /**
             * Trials
             * @description `+10` for ten more trials, a number for a new total.
             * @example 50
             */
            trials?: string | number | null;
            /**
             * Job Timeout
             * @description Time limit of the search; null or `none`: no limit.
             * @example 8h
             */
            job_timeout?: string | number | null;
            /**
             * Trial Timeout
             * @description Time limit of a trial, of running ones too; null or `none`: no limit.
             * @example 30m
             */
            trial_timeout?: string | number | null;
            /**
             * Name
             * @description Another display name.
             */
            name?: string | null;
            /**
             * Note
             * @description A remark; empty: none.
             * @example warm restarts
             */
            note?: string | null;
            /**
             * Tags
             * @description All tags.
             * @example [
             *       "baseline"
             *     ]
             */
            tags?: string[] | null;
            /**
             * Star
             * @description Whether it is starred.
             */
            star?: boolean | null;
        };
        /**
         * CheckBody
         * @description A job to check before it is submitted.
         */
        CheckBody: {
            /**
             * @description The job file in JSON form.
             * @example {
             *       "command": "python train.py --epochs=20",
             *       "metrics": {
             *         "accuracy": {
             *           "regex": "val_acc=([0-9.]+)"
             *         }
             *       },
             *       "name": "digits-mlp",
             *       "objective": {
             *         "goal": "maximize",
             *         "metric": "accuracy"
             *       },
             *       "parameters": {
             *         "learning_rate": {
             *           "default": 0.001,
             *           "log": true,
             *           "max": 0.1,
             *           "min": 0.00001,
             *           "type": "float"
             *         },
             *         "optimizer": {
             *           "type": "categorical",
             *           "values": [
             *             "adam",
             *             "sgd"
             *           ]
             *         }
             *       },
             *       "run": {
             *         "parallel": 2
             *       },
             *       "search": {
             *         "sampler": "auto",
             *         "trials": 20
             *       },
             *       "workdir": "/home/ada/digits"
             *     }
             */
            document: components["schemas"]["JobBody"];
            /**
             * Log
             * @description Output of a run, to try the regexes on.
             * @example epoch 1 val_acc=0.91
             *     epoch 2 val_acc=0.93
             */
            log?: string | null;
            /**
             * Run
             * @description Run the program as the first trial will, when no log is given.
             * @default false
             */
            run: boolean;
            /**
             * Twice
             * @description Run it again with parameters far from the first, to see whether it notices them; null: when a run is short.
             */
            twice?: boolean | null;
        };
        /**
         * CheckReport
         * @description The result of a check: everything that can be known before spending budget.
         */
        CheckReport: {
            /**
             * Document
             * @description The complete job file in JSON form.
             */
            document: {
                [key: string]: unknown;
            };
            /**
             * Warnings
             * @description Suspicious things that are not errors, the texts of `notices` among them.
             */
            warnings: string[];
            /**
             * N Searched
             * @description Parameters to search.
             */
            n_searched: number;
            /**
             * N Configurations
             * @description Of a finite space; null when infinite.
             */
            n_configurations: number | null;
            /**
             * Command Line
             * @description With the defaults, ready to paste.
             */
            command_line: string;
            /**
             * Captures
             * @description What the regexes found, first ones.
             */
            captures: components["schemas"]["CaptureRow"][];
            /**
             * N Captures
             * @description Per metric, all.
             */
            n_captures: {
                [key: string]: number;
            };
            /**
             * Values
             * @description Reduced value per metric.
             */
            values: {
                [key: string]: number;
            };
            /**
             * Units
             * @description The unit of each metric's values, as printed; empty for numbers alone.
             */
            units: {
                [key: string]: string;
            };
            /**
             * Ran
             * @description Whether the program was run; else a log file was read.
             */
            ran: boolean;
            /**
             * Ok
             * @description Whether a trial like this would have a value.
             */
            ok: boolean;
            /** @description Why a trial like this would fail; null when it would not, or nothing was tried. */
            cause: components["schemas"]["Cause"] | null;
            /**
             * Message
             * @description The same as a sentence, with the last lines of the log.
             */
            message: string;
            /**
             * Output
             * @description What the program printed, of a long output the beginning and the end; empty when a log was read.
             */
            output: string;
            /**
             * Wall S
             * @description How long the run took; null when a log was read.
             */
            wall_s: number | null;
            /**
             * Forecast S
             * @description Expected duration of the whole search, from the run's; null when a log was read.
             */
            forecast_s: number | null;
            /**
             * Log Path
             * @description Path of the output.
             */
            log_path: string;
            /**
             * Hints
             * @description Parameters that the program does not accept as given, according to its --help.
             */
            hints: string[];
            /**
             * Notices
             * @description Of warnings and hints those that have a code, as code and parameters.
             */
            notices: components["schemas"]["Message"][];
            /**
             * Max Step
             * @description The length of a training in steps, for `stopping.max_step`; null when it cannot be told, or the program prints too few values for trials to be stopped early.
             */
            max_step: number | null;
            /**
             * Second Params
             * @description Of a second run, far from the first; empty without one.
             */
            second_params: {
                [key: string]: boolean | number | string | null;
            };
            /**
             * Second Values
             * @description What the second run reported; empty when it failed.
             */
            second_values: {
                [key: string]: number;
            };
            /** @description The message as code and parameters; null if it has no code. */
            reason: components["schemas"]["Message"] | null;
        };
        /**
         * ConfirmBody
         * @description Which configurations to run again, and how.
         */
        ConfirmBody: {
            /**
             * Top
             * @description How many of the best configurations.
             * @default 3
             */
            top: number;
            /**
             * Repeats
             * @description How often each.
             * @default 2
             */
            repeats: number;
            /**
             * Seed Flag
             * @description The parameter or flag that gives each run another seed; null: the program draws its own.
             * @example --seed
             */
            seed_flag?: string | null;
            /**
             * Parallel
             * @description Runs at the same time; null: as in the search.
             */
            parallel?: number | null;
        };
        /**
         * Confirmation
         * @description What the confirmations of a search found: all runs together.
         */
        Confirmation: {
            /**
             * Trials
             * @description The configurations, the best mean first.
             */
            trials: components["schemas"]["ConfirmedTrial"][];
            /**
             * Jobs
             * @description The ids of the confirmations, oldest first.
             */
            jobs: string[];
            /**
             * N Left
             * @description Runs that are not over.
             */
            n_left: number;
            /**
             * Notes
             * @description What follows from it, for people.
             */
            notes: components["schemas"]["Message"][];
        };
        /**
         * ConfirmedTrial
         * @description A configuration of a search that confirmations ran again.
         */
        ConfirmedTrial: {
            /**
             * Number
             * @description Its trial in the search.
             */
            number: number;
            /**
             * Params
             * @description The configuration, without a seed of ours.
             */
            params: {
                [key: string]: boolean | number | string | null;
            };
            /**
             * Value
             * @description The value of that trial, which the search found; null after a re-parse that found none.
             */
            value: number | null;
            /**
             * Values
             * @description Those of the runs, in their order.
             */
            values: number[];
            /**
             * N
             * @description How many runs have a value.
             */
            n: number;
            /**
             * N Failed
             * @description How many ended without one.
             */
            n_failed: number;
            /**
             * Mean
             * @description Mean and standard deviation of the runs' values; null with none, with fewer than two.
             */
            mean: number | null;
            /**
             * Std
             * @description Mean and standard deviation of the runs' values; null with none, with fewer than two.
             */
            std: number | null;
            /**
             * Chance
             * @description The chance that it is the best of these configurations; null while nothing is known of the spread.
             */
            chance: number | null;
            /**
             * Optimism
             * @description By how much the search's value is better than the mean, in the metric's units; negative: worse.
             */
            optimism: number | null;
        };
        /**
         * Confirms
         * @description What a confirmation runs again.
         */
        Confirms: {
            /**
             * Job Id
             * @description The search.
             */
            job_id: string;
            /**
             * Numbers
             * @description Its trials whose configurations are run again, the best first.
             */
            numbers: number[];
            /**
             * Seed
             * @description The parameter that passes a seed of ours; null: the program draws its own.
             */
            seed: string | null;
        };
        /**
         * Curve
         * @description The thinned learning curve of a trial's latest attempt.
         */
        Curve: {
            /**
             * Number
             * @description Of the trial.
             */
            number: number;
            /** @description Of the trial. */
            state: components["schemas"]["TrialState"];
            /**
             * Value
             * @description Of the trial.
             */
            value: number | null;
            /**
             * N Reports
             * @description Values captured, before thinning.
             */
            n_reports: number;
            /**
             * Steps
             * @description Of the values.
             */
            steps: number[];
            /**
             * Values
             * @description As printed; NaN and infinities are null in JSON.
             */
            values: (number | null)[];
        };
        /**
         * EnqueueBody
         * @description Configurations to try next.
         */
        EnqueueBody: {
            /**
             * Params
             * @description Searched parameters by name, or a list of such; the sampler chooses those that are left out.
             * @example {
             *       "learning_rate": 0.003,
             *       "optimizer": "adam"
             *     }
             */
            params: {
                [key: string]: boolean | number | string | null;
            } | {
                [key: string]: boolean | number | string | null;
            }[];
        };
        /**
         * ErrorAnswer
         * @description The JSON body of every error.
         */
        ErrorAnswer: {
            /**
             * @description What happened, for people and as data.
             * @example {
             *       "code": "not_found",
             *       "hint": "Known: 'digits-mlp'.",
             *       "message": "There is no job 'digits'."
             *     }
             */
            error: components["schemas"]["ErrorBody"];
        };
        /**
         * ErrorBody
         * @description An error of the API: code, message, hint and params.
         */
        ErrorBody: {
            /**
             * Code
             * @description For programs: job_file, not_found, conflict, permission_denied, ...
             */
            code: string;
            /**
             * Message
             * @description What happened and what was expected.
             */
            message: string;
            /**
             * Hint
             * @description What to do next, when that is a sentence of its own.
             */
            hint: string | null;
            /**
             * Params
             * @description What message and hint are made of, for programs and other languages: `reason` is the code of the message, `hint` the code, params and text of the hint, and the others are the message's own params. Empty for an error that has no code of its own.
             */
            params: {
                [key: string]: unknown;
            };
            /**
             * Problems
             * @description Every problem of a job file; each begins with its place. Only with code job_file.
             */
            problems?: string[] | null;
        };
        /**
         * Event
         * @description One entry of a job's event log; entries are numbered without gaps.
         */
        Event: {
            /**
             * Job Id
             * @description The job.
             */
            job_id: string;
            /**
             * Seq
             * @description Its number, from 1 per job; in a stream of all jobs, counted over all of them.
             */
            seq: number;
            /**
             * At
             * Format: date-time
             * @description When, in aware UTC.
             */
            at: string;
            /**
             * Kind
             * @description `job` (state changed), `notices` and `units` (of the job), `change` (someone changed what it may use, or its name and remarks), `trial` (state changed) or `reports` (new values) and `stopping` (a trial reached a rung, or ended: what its stopping rule decided).
             */
            kind: string;
            /**
             * Number
             * @description The trial, of the latter three.
             */
            number: number | null;
            /**
             * Data
             * @description What changed, as JSON.
             */
            data: {
                [key: string]: unknown;
            };
        };
        /**
         * ExecutorNodes
         * @description An executor with its machines.
         */
        ExecutorNodes: {
            /**
             * Executor
             * @description Its name, as in `run.executor`.
             */
            executor: string;
            /**
             * Nodes
             * @description Its machines; empty if it does not tell them.
             */
            nodes: components["schemas"]["Node"][];
            /**
             * N Running
             * @description Trials that it runs for the jobs of this installation.
             */
            n_running: number;
            /**
             * Waiting
             * @description Trials that wait for it, by job and reason.
             */
            waiting: components["schemas"]["WaitingTrials"][];
            /**
             * Problem
             * @description Why its machines cannot be listed now, as a sentence; empty when they can.
             */
            problem: string;
        };
        /**
         * ExitReason
         * @description Why the process of an attempt ended.
         * @enum {string}
         */
        ExitReason: "exited" | "timeout" | "idle_timeout" | "cancelled" | "launch_error" | "lost" | "preempted";
        /**
         * ExitStatus
         * @description How an attempt ended, as the launcher wrote it.
         */
        ExitStatus: {
            /** @description Why the process has ended. */
            reason: components["schemas"]["ExitReason"];
            /**
             * Exit Code
             * @description Of the program when it exited.
             */
            exit_code: number | null;
            /**
             * Signal
             * @description Number of the signal that ended it.
             */
            signal: number | null;
            /**
             * Started At
             * @description Wall clock; null when unknown.
             */
            started_at: string | null;
            /**
             * Finished At
             * @description Wall clock; null when unknown.
             */
            finished_at: string | null;
            /**
             * Wall S
             * @description Seconds; cpu of the program and all its descendants.
             */
            wall_s: number | null;
            /**
             * Cpu S
             * @description Seconds; cpu of the program and all its descendants.
             */
            cpu_s: number | null;
            /**
             * Peak Memory Bytes
             * @description Largest resident size of any of its processes.
             */
            peak_memory_bytes: number | null;
            /**
             * Message
             * @description The launcher's message about a launch error, a limit that was reached, or processes left behind.
             */
            message: string;
            /**
             * Oom
             * @description Whether the kernel reported an out-of-memory kill meanwhile.
             */
            oom: boolean;
            /**
             * Log Size
             * @description Bytes in the log when the program ended, or reached `trial_timeout`; what comes after them does not count. null when that is unknown, as in attempts of version 0.1.
             */
            log_size: number | null;
        };
        /**
         * FirstPoint
         * @description One of the configurations that a search tries first.
         */
        FirstPoint: {
            /**
             * Params
             * @description The configuration.
             */
            params: {
                [key: string]: boolean | number | string | null;
            };
            /**
             * Origin
             * @description Where each value comes from.
             */
            origin: {
                [key: string]: components["schemas"]["Origin"];
            };
            /**
             * Note
             * @description Why it is tried, for people.
             */
            note: string;
            /** @description The note as code and parameters; null if it has no code. */
            reason: components["schemas"]["Message"] | null;
        };
        /**
         * Goal
         * @description Whether to maximize or minimize.
         * @enum {string}
         */
        Goal: "minimize" | "maximize";
        /**
         * Health
         * @description Health status of the server.
         */
        Health: {
            /**
             * Status
             * @description `ok`.
             */
            status: string;
            /**
             * Version
             * @description Of scriptune.
             */
            version: string;
        };
        /**
         * HistoryPoint
         * @description One trial in the history of a job.
         */
        HistoryPoint: {
            /**
             * Number
             * @description The trial.
             */
            number: number;
            /**
             * Value
             * @description Its value; null without one.
             */
            value: number | null;
            /**
             * Best
             * @description Best value of the trials up to this one; null before the first one.
             */
            best: number | null;
        };
        /**
         * ImportBody
         * @description A job description of another tool.
         */
        ImportBody: {
            /**
             * Text
             * @description The description.
             * @example method: random
             *     ...
             */
            text: string;
            /**
             * File
             * @description Its file's name, for messages and templates.
             * @default job
             */
            file: string;
            /**
             * Format
             * @description As `--format`; empty: found out.
             * @default
             * @example wandb
             */
            format: string;
            /**
             * Operation
             * @description Of a Guild file; empty: the first one with flags.
             * @default
             */
            operation: string;
            /**
             * Command
             * @description In place of the description's command.
             */
            command?: string | string[] | null;
            /**
             * Metrics
             * @description Metric -> regex, in place of those found or guessed.
             * @default {}
             */
            metrics: {
                [key: string]: string;
            };
            /**
             * Beside
             * @description Files that the description names, as NNI's search space: name -> text.
             * @default {}
             */
            beside: {
                [key: string]: string;
            };
        };
        /**
         * ImportNote
         * @description What became of one part of the description of another tool.
         */
        ImportNote: {
            /** @description Taken over as it is, approximated, or not possible here. */
            kind: components["schemas"]["NoteKind"];
            /**
             * Place
             * @description Its place in the original, such as `spec.algorithm`.
             */
            place: string;
            /**
             * Message
             * @description What was done, and why.
             */
            message: string;
        };
        /**
         * Importance
         * @description The importance of one parameter.
         */
        Importance: {
            /**
             * Name
             * @description The parameter.
             */
            name: string;
            /**
             * Mean
             * @description Share of the metric's variance over the space that it explains alone (fANOVA), mean over the trees; in [0, 1]. The shares of all parameters leave the rest to their interactions.
             */
            mean: number;
            /**
             * Std
             * @description Standard deviation of that share over the trees.
             */
            std: number;
            /**
             * Good
             * @description Share in telling the best tenth of the trials from all (PED-ANOVA); the shares sum to 1. null when the trials hold one value of it at most, of several: then nothing is known of it, and 0 is not an answer.
             */
            good: number | null;
        };
        /**
         * ImportedJob
         * @description A job description of another tool as a job file.
         */
        ImportedJob: {
            /**
             * Format
             * @description Of the description, such as `wandb`.
             */
            format: string;
            /**
             * Tool
             * @description Whose it is, for people.
             */
            tool: string;
            /**
             * Document
             * @description The job file as data.
             */
            document: {
                [key: string]: unknown;
            };
            /**
             * Text
             * @description The job file as YAML.
             */
            text: string;
            /**
             * Notes
             * @description What became of each part of the description.
             */
            notes: components["schemas"]["ImportNote"][];
            /**
             * Files
             * @description Further files that the job file needs beside it: name -> text.
             */
            files: {
                [key: string]: string;
            };
            /**
             * Problems
             * @description What has to be changed before the search can run here.
             */
            problems: string[];
        };
        /**
         * InspectBody
         * @description A command whose parameters are to be detected.
         */
        InspectBody: {
            /**
             * Command
             * @description As `command` in a job file.
             * @example python train.py --lr=0.01 --epochs 20
             */
            command: string | string[];
            /**
             * Workdir
             * @description Where the command runs. Default: the folder that the server was started in.
             */
            workdir?: string | null;
            /**
             * Run Help
             * @description Run the command with `--help` too.
             * @default true
             */
            run_help: boolean;
            /**
             * Run
             * @description Run the command once as it is, too. The answer is a stream of events then: `found` with this route's usual answer, `output` with what the program prints, `run` with the numbers that could be its metric, `draft` with the proposed job (null if something has to be asked for); `error` is the last one.
             * @default false
             */
            run: boolean;
            /**
             * Limit S
             * @description When the run is ended, in seconds.
             * @default 120
             */
            limit_s: number;
        };
        /**
         * Inspection
         * @description What was found out about a program without running its work.
         */
        Inspection: {
            /**
             * Command
             * @description The command without the parameters that were found in it.
             */
            command: string[];
            /**
             * Parameters
             * @description Those of the command first, then those of its parser, help or files.
             */
            parameters: components["schemas"]["ProgramOption"][];
            /**
             * Source
             * @description Who reads the options: `argparse`, `click`, `typer`, `absl`, `fire`, `hydra`, `unknown` or `none`.
             */
            source: string;
            /**
             * Message
             * @description Why the program could not be asked.
             */
            message: string;
            /**
             * Constants
             * @description Constants at the top of a script, which no option changes.
             */
            constants: components["schemas"]["ProgramOption"][];
            /**
             * Commands
             * @description Subcommands to choose from, when the command names none.
             */
            commands: string[];
            /** @description The message as code and parameters; null if it has no code. */
            reason: components["schemas"]["Message"] | null;
        };
        /**
         * JobBody
         * @description A job file in JSON form, or `program` with overrides.
         *
         *     Relative paths are relative to the folder that the server was started in.
         * @example {
         *       "command": "python train.py --epochs=20",
         *       "metrics": {
         *         "accuracy": {
         *           "regex": "val_acc=([0-9.]+)"
         *         }
         *       },
         *       "name": "digits-mlp",
         *       "objective": {
         *         "goal": "maximize",
         *         "metric": "accuracy"
         *       },
         *       "parameters": {
         *         "learning_rate": {
         *           "default": 0.001,
         *           "log": true,
         *           "max": 0.1,
         *           "min": 0.00001,
         *           "type": "float"
         *         },
         *         "optimizer": {
         *           "type": "categorical",
         *           "values": [
         *             "adam",
         *             "sgd"
         *           ]
         *         }
         *       },
         *       "run": {
         *         "parallel": 2
         *       },
         *       "search": {
         *         "sampler": "auto",
         *         "trials": 20
         *       },
         *       "workdir": "/home/ada/digits"
         *     }
         * @example {
         *       "program": "digits-mlp",
         *       "search": {
         *         "trials": 50
         *       }
         *     }
         */
        JobBody: {
            /** @description Display name. Default: made from the file's or the program's name. */
            name?: unknown;
            /** @description The program and its arguments. A string is split once by shell rules; a list is used as it is. Required. */
            command?: unknown;
            /** @description Give the command to `/bin/sh -c` as it is. */
            shell?: unknown;
            /** @description Where the command runs. Default: the job file's folder. */
            workdir?: unknown;
            /** @description The hyperparameters by name. Required. */
            parameters?: unknown;
            /** @description What values must satisfy together, like `batch_size * accumulate <= 256` ([constraints](spaces.md#constraints)). */
            constraints?: unknown;
            /** @description The metrics by name. Required. */
            metrics?: unknown;
            /** @description What to optimize. Required. */
            objective?: unknown;
            /** @description How to search, and how long. */
            search?: unknown;
            /** @description How trials are run. */
            run?: unknown;
            /** @description Config files to write for each trial: name -> template, relative to the job file. */
            files?: unknown;
            /** @description Early stopping. */
            stopping?: unknown;
            /** @description Id or name of a stored program, in place of its keys. */
            program?: string;
            /** @description Another name of `program`. */
            program_id?: string;
            /** @description What differs from the program; also accepted beside it. */
            overrides?: Record<string, never>;
            /** @description Of the program. Default: the newest. */
            version?: number;
            /** @description Free strings that are stored with the job. */
            labels?: Record<string, never>;
        } & {
            [key: string]: unknown;
        };
        /**
         * JobDetail
         * @description One job with details, as `show` and the job page need it.
         */
        JobDetail: {
            /** @description Job, counts, best trial. */
            summary: components["schemas"]["JobSummary"];
            /**
             * Command Line
             * @description Of the best trial, ready to paste; empty without one.
             */
            command_line: string;
            /**
             * Failures
             * @description Cause -> trials that failed so, with one example message.
             */
            failures: {
                [key: string]: [
                    number,
                    string
                ];
            };
            /**
             * Owner Alive
             * @description Whether a process works on the job now.
             */
            owner_alive: boolean;
            /**
             * Warnings
             * @description Warnings to display: the job's notices, and matches in the first failed attempts that were not numbers.
             */
            warnings: string[];
            /**
             * Notices
             * @description The warnings that have a code, as code and parameters.
             */
            notices: components["schemas"]["Message"][];
            /**
             * N Pruned
             * @description Attempts whose files `prune` removed, and when it last did.
             */
            n_pruned: number;
            /**
             * Pruned At
             * @description Attempts whose files `prune` removed, and when it last did.
             */
            pruned_at: string | null;
            /**
             * N Freed
             * @description Trials whose logs lost their middle, as they had grown beyond `max_log_bytes`.
             */
            n_freed: number;
            /** @description What confirmations of the search found, and so for each of these; null if there are none. */
            confirmation: components["schemas"]["Confirmation"] | null;
            /** @description What its stopping rule did; null without one. */
            stopping: components["schemas"]["StoppingSummary"] | null;
            /**
             * Id
             * @description The id of the job.
             */
            id: string;
            /**
             * Name
             * @description The name of the job.
             */
            name: string;
            /** @description The state of the job. */
            state: components["schemas"]["JobState"];
            /**
             * Message
             * @description Why the job ended.
             */
            message: string;
            /**
             * Reasons
             * @description The messages of `failures` that have a code, as code and parameters.
             */
            reasons: {
                [key: string]: components["schemas"]["Message"];
            };
            /**
             * Counts
             * @description Trials by state.
             */
            counts: {
                [key: string]: number;
            };
            /** @description The best trial. */
            best: components["schemas"]["Trial"] | null;
        };
        /**
         * JobFileDefaults
         * @description The default values of a job file's sections.
         */
        JobFileDefaults: {
            /**
             * Objective
             * @description By key of this section; null where nothing is limited or counted.
             */
            objective: {
                [key: string]: unknown;
            };
            /**
             * Search
             * @description By key of this section; null where nothing is limited or counted.
             */
            search: {
                [key: string]: unknown;
            };
            /**
             * Run
             * @description By key of this section; null where nothing is limited or counted.
             */
            run: {
                [key: string]: unknown;
            };
        };
        /**
         * JobState
         * @description State of a search job.
         * @enum {string}
         */
        JobState: "queued" | "running" | "stopping" | "completed" | "failed" | "stopped";
        /**
         * JobSummary
         * @description A job with its trial counts and best trial, as lists and page headers show it.
         */
        JobSummary: {
            /** @description The job. */
            job: components["schemas"]["SearchJob"];
            /**
             * Counts
             * @description Trials by state; every state is there.
             */
            counts: {
                [key: string]: number;
            };
            /** @description The best trial with a value. */
            best: components["schemas"]["Trial"] | null;
            /** @description What the best value is compared with. */
            baseline: components["schemas"]["Baseline"] | null;
            /**
             * Id
             * @description The id of the job.
             */
            id: string;
            /**
             * Name
             * @description The name of the job.
             */
            name: string;
            /** @description The state of the job. */
            state: components["schemas"]["JobState"];
        };
        /**
         * JobSummaryPage
         * @description One page of a list.
         */
        JobSummaryPage: {
            /**
             * Items
             * @description The rows.
             */
            items: components["schemas"]["JobSummary"][];
            /**
             * Total
             * @description Rows that match, on all pages.
             */
            total: number;
            /**
             * Offset
             * @description Index of the first row of this page.
             */
            offset: number;
        };
        /**
         * KeyBody
         * @description An access key to create.
         */
        KeyBody: {
            /**
             * Project
             * @description The project whose jobs it sees.
             * @default default
             * @example vision
             */
            project: string;
            /**
             * Role
             * @description `operator` may change things, `viewer` is read only.
             * @default operator
             * @example viewer
             */
            role: string;
            /**
             * Name
             * @description For people.
             * @default
             * @example dashboard
             */
            name: string;
        };
        /**
         * KeyRow
         * @description An access key without its secret.
         */
        KeyRow: {
            /**
             * Access Key
             * @description Its id, which is not secret.
             */
            access_key: string;
            /**
             * Project
             * @description The project whose jobs it sees.
             */
            project: string;
            /** @description `operator` may change things, `viewer` is read only. */
            role: components["schemas"]["Role"];
            /**
             * Name
             * @description For people.
             */
            name: string;
            /**
             * Created At
             * Format: date-time
             * @description When, in aware UTC.
             */
            created_at: string;
        };
        /**
         * LogCaptures
         * @description The first captures in a trial's log, including rejected ones.
         */
        LogCaptures: {
            /**
             * Items
             * @description In the order of the log.
             */
            items: components["schemas"]["TextCapture"][];
        };
        /**
         * LogChunk
         * @description A part of a trial's log, as text.
         */
        LogChunk: {
            /**
             * Text
             * @description Valid Unicode; without escape sequences and every line end `\n`, unless it was to be raw.
             */
            text: string;
            /**
             * Offset
             * @description Where it begins, in bytes of the file.
             */
            offset: number;
            /**
             * Next Offset
             * @description Where to continue; equal to `offset` when nothing new is there.
             */
            next_offset: number;
            /**
             * Size Bytes
             * @description Of the log now.
             */
            size_bytes: number;
            /**
             * Ended
             * @description Whether the attempt has ended, so that its log is complete.
             */
            ended: boolean;
            /**
             * Pruned At
             * @description When `prune` removed the log; null while it is kept.
             */
            pruned_at: string | null;
        };
        /**
         * LogMatch
         * @description A log line that contains the searched string.
         */
        LogMatch: {
            /**
             * Line No
             * @description From 1.
             */
            line_no: number;
            /**
             * Offset
             * @description Byte offset of the line.
             */
            offset: number;
            /**
             * Line
             * @description Decoded, shortened around the text when long.
             */
            line: string;
        };
        /**
         * LogMatches
         * @description The log lines that contain the searched string.
         */
        LogMatches: {
            /**
             * Items
             * @description The lines.
             */
            items: components["schemas"]["LogMatch"][];
            /**
             * Next Offset
             * @description Where to search on; null at the end of the log.
             */
            next_offset: number | null;
            /**
             * Next Line No
             * @description Number of the line there; sent along as `line_no`, it spares counting up to it.
             */
            next_line_no: number | null;
        };
        /**
         * Marginal
         * @description The effect of one parameter, averaged over the others.
         */
        Marginal: {
            /**
             * Name
             * @description The parameter.
             */
            name: string;
            /**
             * Values
             * @description Its values, in order.
             */
            values: (boolean | number | string | null)[];
            /**
             * Mean
             * @description Predicted metric at each, averaged over all configurations that have the parameter; in the metric's own units and sign.
             */
            mean: number[];
            /**
             * Std
             * @description Standard deviation over the trees.
             */
            std: number[];
        };
        /**
         * MarkedPlace
         * @description A marked number: characters `start` to `end` of a line.
         */
        MarkedPlace: {
            /**
             * Line No
             * @description Of the line, from 1.
             */
            line_no: number;
            /**
             * Start
             * @description The first character of the number, from 0.
             */
            start: number;
            /**
             * End
             * @description The character after the number.
             */
            end: number;
        };
        /**
         * Message
         * @description What people are told, as data.
         */
        Message: {
            /**
             * Code
             * @description What it says, for programs.
             * @example notice.parameters_unread
             */
            code: string;
            /**
             * Params
             * @description What the message names.
             */
            params: {
                [key: string]: unknown;
            };
            /**
             * Message
             * @description In English, made from code and params.
             */
            message: string;
        };
        /**
         * MetricUnit
         * @description The unit of all values of a metric in a job.
         */
        MetricUnit: {
            /**
             * Unit
             * @description As it was printed; empty for numbers alone.
             */
            unit: string;
            /**
             * Line
             * @description The line of the log whose number decided it; empty when the job file did.
             */
            line: string;
        };
        /**
         * Node
         * @description A machine that runs attempts.
         */
        Node: {
            /**
             * Name
             * @description As in the places of attempts.
             */
            name: string;
            /**
             * Slots
             * @description How many trials with one CPU each it can run, and how many more now; null if not counted.
             */
            slots: number | null;
            /**
             * Slots Free
             * @description How many trials with one CPU each it can run, and how many more now; null if not counted.
             */
            slots_free: number | null;
            /**
             * Gpus
             * @description Its devices, and how many of them are free as a whole.
             */
            gpus: number;
            /**
             * Gpus Free
             * @description Its devices, and how many of them are free as a whole.
             */
            gpus_free: number;
            /**
             * Contact At
             * @description When it was last heard of, in aware UTC; null if never.
             */
            contact_at: string | null;
            /**
             * Problem
             * @description Why it runs no attempts now, as a sentence; empty when it does.
             */
            problem: string;
        };
        /**
         * NoteKind
         * @description What became of a part of a description.
         * @enum {string}
         */
        NoteKind: "taken" | "approximated" | "impossible";
        /**
         * OptionInfo
         * @description One row of an option table.
         */
        OptionInfo: {
            /**
             * Name
             * @description As in a job file.
             */
            name: string;
            /**
             * Type
             * @description `int`, `float`, `str` or `bool`.
             */
            type: string;
            /**
             * Default
             * @description Null when the owner of the options chooses on its own.
             */
            default: unknown;
            /**
             * Allowed
             * @description The legal values in words.
             */
            allowed: string;
            /**
             * Help
             * @description What it does.
             */
            help: string;
            /**
             * Source
             * @description Paper or product it comes from.
             */
            source: string;
            /** @description The legal numbers; null for an option that takes one of several words. */
            range: components["schemas"]["Message"] | null;
        };
        /**
         * Origin
         * @description Where a value of a first point comes from.
         * @enum {string}
         */
        Origin: "yours" | "help" | "template" | "argument" | "usual" | "earlier" | "centre" | "random";
        /**
         * PatternBody
         * @description A regex and some output of a program.
         */
        PatternBody: {
            /**
             * Regex
             * @description Its group captures the number.
             * @example val_acc=([0-9.]+)
             */
            regex: string;
            /**
             * Text
             * @description Some output of the program.
             * @example epoch 1 val_acc=0.91
             *     epoch 2 val_acc=0.93
             */
            text: string;
        };
        /**
         * PatternTest
         * @description The captures of a regex in sample output that is read like a trial's log.
         */
        PatternTest: {
            /**
             * Text
             * @description The text as the captures' lines and columns count it.
             */
            text: string;
            /**
             * Captures
             * @description What the regex captures there, including rejected numbers.
             */
            captures: components["schemas"]["TextCapture"][];
        };
        /**
         * Phase
         * @description The phase of a search that chose a trial's params (initial design, model, ...).
         * @enum {string}
         */
        Phase: "default" | "initial" | "model" | "fallback" | "enqueued";
        /**
         * PluginStatus
         * @description An installed plug-in, and whether it can be used.
         */
        PluginStatus: {
            /**
             * Kind
             * @description `sampler`, `executor` or `stopping_rule`.
             */
            kind: string;
            /**
             * Name
             * @description As in a job file.
             */
            name: string;
            /**
             * Package
             * @description Name of the package that brings it.
             */
            package: string;
            /**
             * Version
             * @description Of the package.
             */
            version: string;
            /**
             * Problem
             * @description Why it cannot be used and what to do, or empty.
             */
            problem: string;
        };
        /**
         * Program
         * @description One version of a stored program.
         */
        Program: {
            /**
             * Id
             * @description A UUID as a string, the same for all versions.
             */
            id: string;
            /**
             * Version
             * @description From 1; every change makes a new one, and jobs name theirs.
             */
            version: number;
            /**
             * Name
             * @description Display name.
             */
            name: string;
            /**
             * Description
             * @description Description to display.
             */
            description: string;
            /**
             * Workdir
             * @description Absolute folder with the code.
             */
            workdir: string;
            /**
             * Command
             * @description As in a job file.
             */
            command: string | string[];
            /**
             * Shell
             * @description As in a job file.
             */
            shell: boolean;
            /**
             * Parameters
             * @description By name.
             */
            parameters: {
                [key: string]: components["schemas"]["ProgramParameter"];
            };
            /**
             * Metrics
             * @description As in a job file.
             */
            metrics: {
                [key: string]: {
                    [key: string]: unknown;
                };
            };
            /**
             * Objective
             * @description What a job searches for unless it says otherwise.
             */
            objective: {
                [key: string]: unknown;
            } | null;
            /**
             * Samplers
             * @description Samplers that a job may use; empty: all.
             */
            samplers: string[];
            /**
             * Objectives
             * @description Metrics that a job may search on; empty: all.
             */
            objectives: string[];
            /**
             * Run
             * @description As in a job file; a job may change every key of it.
             */
            run: {
                [key: string]: unknown;
            };
            /**
             * Created At
             * Format: date-time
             * @description When its first version was created, in aware UTC.
             */
            created_at: string;
            /**
             * Changed At
             * Format: date-time
             * @description When this version was created.
             */
            changed_at: string;
            /**
             * Labels
             * @description Free-form strings of front ends; `project` is the project that it belongs to.
             */
            labels: {
                [key: string]: unknown;
            };
            /**
             * Constraints
             * @description As in a job file; jobs may add more, and those that name a parameter which a job leaves out do not count for it.
             */
            constraints: string[];
        };
        /**
         * ProgramBody
         * @description A training program to store.
         */
        ProgramBody: {
            /**
             * Name
             * @description Unique.
             * @example digits-mlp
             */
            name: string;
            /**
             * Description
             * @description For people.
             * @default
             */
            description: string;
            /**
             * Workdir
             * @description The folder with its code.
             * @default .
             */
            workdir: string;
            /**
             * Command
             * @description As `command` in a job file.
             * @example python train.py --epochs=20
             */
            command: string | string[];
            /**
             * Shell
             * @description Give the command to `/bin/sh -c` as it is.
             * @default false
             */
            shell: boolean;
            /**
             * Parameters
             * @description Its hyperparameters by name; keys of `domain` may be in the entry itself, as in a job file.
             * @example {
             *       "learning_rate": {
             *         "domain": {
             *           "log": true,
             *           "max": 0.1,
             *           "min": 0.00001,
             *           "type": "float"
             *         }
             *       }
             *     }
             */
            parameters: {
                [key: string]: components["schemas"]["ProgramParameterBody"];
            };
            /**
             * Metrics
             * @description As `metrics` in a job file.
             * @example {
             *       "accuracy": {
             *         "regex": "val_acc=([0-9.]+)"
             *       }
             *     }
             */
            metrics: {
                [key: string]: {
                    [key: string]: unknown;
                };
            };
            /**
             * Objective
             * @description What a job searches for unless it says otherwise.
             * @example {
             *       "goal": "maximize",
             *       "metric": "accuracy"
             *     }
             */
            objective?: {
                [key: string]: unknown;
            } | null;
            /**
             * Samplers
             * @description Samplers that a job may use; empty: all.
             * @default []
             */
            samplers: string[];
            /**
             * Objectives
             * @description Metrics that a job may search on; empty: all.
             * @default []
             */
            objectives: string[];
            /**
             * Run
             * @description As `run` in a job file.
             * @default {}
             */
            run: {
                [key: string]: unknown;
            };
            /**
             * Labels
             * @description Free strings that are stored with the program.
             * @default {}
             */
            labels: {
                [key: string]: unknown;
            };
            /**
             * Constraints
             * @description As `constraints` in a job file; a job may add more.
             * @default []
             * @example [
             *       "batch_size * accumulate <= 256"
             *     ]
             */
            constraints: string[];
        };
        /**
         * ProgramOption
         * @description A parameter detected in a command or in a program's help.
         */
        ProgramOption: {
            /**
             * Name
             * @description As a job file would call it.
             */
            name: string;
            /**
             * Flag
             * @description As the program calls it.
             */
            flag: string;
            /**
             * Type
             * @description `float`, `int`, `categorical`, `bool` or `text`.
             */
            type: string;
            /**
             * Default
             * @description The program's own; null when unknown.
             */
            default: boolean | number | string | null;
            /**
             * Choices
             * @description Of a categorical.
             */
            choices: (boolean | number | string | null)[];
            /**
             * Help
             * @description The program's own words.
             */
            help: string;
            /**
             * Given
             * @description Its value in the command, when it is there.
             */
            given: boolean | number | string | null;
            /**
             * Low
             * @description The least value that the program allows, when it says so.
             */
            low: number | null;
            /**
             * High
             * @description The greatest value that the program allows, when it says so.
             */
            high: number | null;
            /**
             * Style
             * @description How a value reaches the program, as in a job file; empty for `--name=value`.
             */
            style: string;
            /**
             * Suggestion
             * @description A domain to begin with, as in a job file; null for texts.
             */
            suggestion: {
                [key: string]: unknown;
            } | null;
            /**
             * Found In
             * @description `command`, `parser`, `help`, `source`, or the name of a file.
             */
            found_in: string;
            /**
             * Usual
             * @description The usual search range of parameters with this name, as in a job file; only a type if no range is usual.
             */
            usual: {
                [key: string]: unknown;
            } | null;
        };
        /**
         * ProgramPage
         * @description One page of a list.
         */
        ProgramPage: {
            /**
             * Items
             * @description The rows.
             */
            items: components["schemas"]["Program"][];
            /**
             * Total
             * @description Rows that match, on all pages.
             */
            total: number;
            /**
             * Offset
             * @description Index of the first row of this page.
             */
            offset: number;
        };
        /**
         * ProgramParameter
         * @description One hyperparameter of a program.
         */
        ProgramParameter: {
            /**
             * Domain
             * @description As an entry of `parameters` in a job file: a range, a list of values or a fixed value.
             */
            domain: {
                [key: string]: unknown;
            };
            /**
             * Editable
             * @description Whether a job may narrow the domain or fix the value; otherwise jobs use it unchanged.
             */
            editable: boolean;
            /**
             * Required
             * @description Whether every job has it; else a job may leave it out by `null`.
             */
            required: boolean;
            /**
             * Help
             * @description Description to display.
             */
            help: string;
        };
        /**
         * ProgramParameterBody
         * @description One hyperparameter of a stored program.
         */
        ProgramParameterBody: {
            /**
             * Domain
             * @description As an entry of `parameters` in a job file.
             * @example {
             *       "log": true,
             *       "max": 0.1,
             *       "min": 0.00001,
             *       "type": "float"
             *     }
             */
            domain: {
                [key: string]: unknown;
            };
            /**
             * Editable
             * @description Whether a job may narrow its domain or fix its value.
             * @default true
             */
            editable: boolean;
            /**
             * Required
             * @description Whether every job has it.
             * @default true
             */
            required: boolean;
            /**
             * Help
             * @description What it means, for people.
             * @default
             */
            help: string;
        };
        /**
         * Proposal
         * @description A generated regex that was verified on the text.
         */
        Proposal: {
            /**
             * Regex
             * @description It finds all marked numbers.
             */
            regex: string;
            /**
             * Text
             * @description The text as the captures' lines and columns count it.
             */
            text: string;
            /**
             * Captures
             * @description What the regex captures there; of very many captures on very long lines, the first ones.
             */
            captures: components["schemas"]["TextCapture"][];
        };
        /**
         * ReparseBody
         * @description How to reread the kept logs.
         */
        ReparseBody: {
            /**
             * Regexes
             * @description Metric -> regex.
             * @default {}
             */
            regexes: {
                [key: string]: string;
            };
            /**
             * Regex
             * @description Regex of the objective metric.
             * @example val_acc=([0-9.]+)
             */
            regex?: string | null;
            /**
             * Reduce
             * @description As `objective.reduce` in a job file.
             * @example last
             */
            reduce?: string | null;
            /**
             * Name
             * @description New name of the objective metric.
             * @example val_acc
             */
            name?: string | null;
            /**
             * @description Another goal.
             * @example maximize
             */
            goal?: components["schemas"]["Goal"] | null;
            /**
             * Confirmed
             * @description Change it even if no log has the metric.
             * @default false
             */
            confirmed: boolean;
        };
        /**
         * ReparseReport
         * @description What a re-parse changed, or would change.
         */
        ReparseReport: {
            /**
             * N Trials
             * @description Trials whose logs were read.
             */
            n_trials: number;
            /**
             * Changed
             * @description Trial, value before, value after; changed ones only.
             */
            changed: [
                number,
                number | null,
                number | null
            ][];
            /**
             * N Without Log
             * @description Trials without a whole log, which stay as they are.
             */
            n_without_log: number;
            /**
             * N Captured
             * @description Captures per metric, in all logs.
             */
            n_captured: {
                [key: string]: number;
            };
            /**
             * N Lost
             * @description Trials that no longer have a value.
             */
            n_lost: number;
            /**
             * N Pruned
             * @description Of those without a log, the ones whose files `prune` removed.
             */
            n_pruned: number;
            /**
             * Pruned At
             * @description When it last did.
             */
            pruned_at: string | null;
            /**
             * Metric
             * @description The objective from now on.
             */
            metric: string;
            /** @description The objective from now on. */
            goal: components["schemas"]["Goal"];
            /**
             * Best
             * @description Number and value of the best trial from now on; null when no trial has a value.
             */
            best: [
                number,
                number
            ] | null;
            /** @description Of the job from now on. */
            state: components["schemas"]["JobState"];
            /**
             * Message
             * @description Of the job from now on.
             */
            message: string;
            /**
             * Is Preview
             * @description Nothing was changed.
             */
            is_preview: boolean;
            /**
             * N Freed
             * @description Of those without a log, the ones whose logs lost their middle, as they had grown beyond `max_log_bytes`.
             */
            n_freed: number;
            /**
             * Is Tied
             * @description All values are the same from now on, so that `best` is no better than the others.
             */
            is_tied: boolean;
            /** @description The message as code and parameters; null if it has no code. */
            reason: components["schemas"]["Message"] | null;
        };
        /**
         * ReplayReport
         * @description The result of a replay: whether suggestions and values can be reproduced.
         */
        ReplayReport: {
            /**
             * N Trials
             * @description Trials examined.
             */
            n_trials: number;
            /**
             * N Derived
             * @description Suggestions that were reproduced.
             */
            n_derived: number;
            /**
             * N Enqueued
             * @description Enqueued trials, which have no suggestion to reproduce.
             */
            n_enqueued: number;
            /**
             * First Difference
             * @description Number of the first trial that differs; null when all agree.
             */
            first_difference: number | null;
            /**
             * Expected
             * @description Its params as recomputed and as recorded.
             */
            expected: {
                [key: string]: boolean | number | string | null;
            } | null;
            /**
             * Found
             * @description Its params as recomputed and as recorded.
             */
            found: {
                [key: string]: boolean | number | string | null;
            } | null;
            /**
             * N Checked
             * @description Ended trials whose folder holds their command, and whose log gives their value again.
             */
            n_checked: number;
            /**
             * N Not Checked
             * @description Ended trials whose files were removed, or are not whole: nothing can be said of them.
             */
            n_not_checked: number;
            /**
             * N Pruned
             * @description Of these, the ones whose files `prune` removed.
             */
            n_pruned: number;
            /**
             * Pruned At
             * @description When it last did.
             */
            pruned_at: string | null;
            /**
             * Contradictions
             * @description Trials whose folder or log says something else than the database, as code and parameters; by number, first ones only.
             */
            contradictions: components["schemas"]["Message"][];
            /**
             * N Contradictions
             * @description All of these.
             */
            n_contradictions: number;
            /**
             * N Freed
             * @description Of these, the ones whose logs lost their middle, as they had grown beyond `max_log_bytes`.
             */
            n_freed: number;
            /**
             * N Decisions
             * @description Decisions of the stopping rule that were reproduced.
             */
            n_decisions: number;
            /** @description The first one that was not, as code and parameters. */
            different_decision: components["schemas"]["Message"] | null;
            /**
             * Agrees
             * @description Whether every suggestion and decision was reproduced, and nothing contradicts the database.
             */
            agrees: boolean;
        };
        /**
         * Report
         * @description One metric value, read from the log or from a file that the program wrote.
         */
        Report: {
            /**
             * Metric
             * @description The metric's name.
             */
            metric: string;
            /**
             * Value
             * @description The number; NaN and infinities (null in JSON) are kept as what was printed, but never become a value.
             */
            value: number | null;
            /**
             * Step
             * @description As the program wrote it, else the count of reports of this metric from 0.
             */
            step: number;
            /**
             * Offset
             * @description Byte offset in the log of the line it was read from; in a file, of its record.
             */
            offset: number;
            /**
             * At
             * Format: date-time
             * @description When it was read.
             */
            at: string;
            /**
             * Unit
             * @description The letters or the sign that were printed right after the number, empty without one; `value` is in the unit of the metric, whichever it was printed in. null for reports of 0.1.0.
             */
            unit: string | null;
            /**
             * File
             * @description The file it was read from: its path from the trial's own folder, or an absolute one; empty: the log.
             */
            file: string;
        };
        /**
         * ReportPage
         * @description One page of a list.
         */
        ReportPage: {
            /**
             * Items
             * @description The rows.
             */
            items: components["schemas"]["Report"][];
            /**
             * Total
             * @description Rows that match, on all pages.
             */
            total: number;
            /**
             * Offset
             * @description Index of the first row of this page.
             */
            offset: number;
        };
        /**
         * ResumeBody
         * @description How to resume a search.
         */
        ResumeBody: {
            /**
             * Trials
             * @description `+10` for ten more trials, a number for a new total.
             * @example +10
             */
            trials?: string | number | null;
        };
        /**
         * RetriedTrials
         * @description The trials that get another attempt.
         */
        RetriedTrials: {
            /**
             * Numbers
             * @description Their numbers.
             */
            numbers: number[];
        };
        /**
         * RetryBody
         * @description Which failed trials to run again.
         */
        RetryBody: {
            /**
             * Number
             * @description Only this trial; null: all failed ones.
             */
            number?: number | null;
            /**
             * Causes
             * @description Only those that failed for one of these causes.
             * @default []
             * @example [
             *       "timeout"
             *     ]
             */
            causes: components["schemas"]["Cause"][];
        };
        /**
         * RevokedSessions
         * @description How many sessions were revoked.
         */
        RevokedSessions: {
            /**
             * Revoked
             * @description The number of browsers that were signed out.
             */
            revoked: number;
        };
        /**
         * Role
         * @description The permissions of a caller.
         * @enum {string}
         */
        Role: "viewer" | "operator" | "admin";
        /**
         * SamplerRow
         * @description One sampler with its options.
         */
        SamplerRow: {
            /**
             * Name
             * @description As in a job file.
             */
            name: string;
            /**
             * Description
             * @description One line.
             */
            description: string;
            /**
             * Options
             * @description Its option table.
             */
            options: components["schemas"]["OptionInfo"][];
            /**
             * Package
             * @description The package that it comes from; empty for one of scriptune.
             */
            package: string;
        };
        /**
         * SearchJob
         * @description A stored job.
         */
        SearchJob: {
            /**
             * Id
             * @description A UUID as a string.
             */
            id: string;
            /**
             * Name
             * @description For people; need not be unique.
             */
            name: string;
            /**
             * Document
             * @description The job file in JSON form, complete, with absolute paths and the seed. In answers, values of environment variables whose names look secret are masked.
             */
            document: {
                [key: string]: unknown;
            };
            /** @description Its state. */
            state: components["schemas"]["JobState"];
            /**
             * Created At
             * Format: date-time
             * @description In aware UTC, as all times.
             */
            created_at: string;
            /**
             * Message
             * @description Why it ended.
             */
            message: string;
            /**
             * Stop Requested
             * @description Empty, `"drain"` (no new trials) or `"now"` (running ones are stopped too).
             */
            stop_requested: string;
            /**
             * Started At
             * @description When it first ran; a resumed job keeps it.
             */
            started_at: string | null;
            /**
             * Finished At
             * @description When it last ended; null while it continues.
             */
            finished_at: string | null;
            /**
             * Active S
             * @description Seconds that it was running, summed over interruptions; counts against `job_timeout`.
             */
            active_s: number;
            /**
             * N Told
             * @description Length of the told history.
             */
            n_told: number;
            /**
             * Last Event
             * @description Number of its latest event; subscribe from there.
             */
            last_event: number;
            /**
             * Labels
             * @description Free-form strings of front ends (for example of the compatible API), never read by the engine.
             */
            labels: {
                [key: string]: unknown;
            };
            /**
             * Notices
             * @description What the user should know about it now; each change is a `notices` event.
             */
            notices: components["schemas"]["Message"][];
            /**
             * Earlier Goals
             * @description (n, goal): trials below number n, which no earlier entry names, were suggested under another goal than the document's, before a re-parse changed it.
             */
            earlier_goals: [
                number,
                components["schemas"]["Goal"]
            ][];
            /**
             * Units
             * @description By metric, the unit that its first recorded report was printed in; each change is a `units` event.
             */
            units: {
                [key: string]: components["schemas"]["MetricUnit"];
            };
            /**
             * First Points
             * @description What the sampler tries first, decided when the job was created. Empty: the user's defaults or the centre, as in jobs of 0.1.0.
             */
            first_points: components["schemas"]["FirstPoint"][];
            /** @description What it runs again, if it is a confirmation; null: it is a search. */
            confirms: components["schemas"]["Confirms"] | null;
            /**
             * Note
             * @description The user's own remarks.
             */
            note: string;
            /**
             * Tags
             * @description The user's own remarks.
             */
            tags: string[];
            /**
             * Star
             * @description The user's own remarks.
             */
            star: boolean;
            /** @description The message as code and parameters; null if it has no code, as in jobs of version 0.1.0. */
            reason: components["schemas"]["Message"] | null;
            /**
             * N Trials
             * @description The whole budget of trials.
             */
            n_trials: number;
            goal: components["schemas"]["Goal"];
            /**
             * Metric
             * @description The objective metric.
             */
            metric: string;
        };
        /**
         * Session
         * @description A signed-in browser.
         */
        Session: {
            /**
             * Id
             * @description Names it.
             */
            id: string;
            /**
             * Browser
             * @description The browser and its system, as `Firefox 128, Linux`; from its `User-Agent`.
             */
            browser: string;
            /**
             * Created At
             * Format: date-time
             * @description When the link was opened.
             */
            created_at: string;
            /**
             * Expires At
             * Format: date-time
             * @description When it ends unless it is revoked before.
             */
            expires_at: string;
            /**
             * Is Current
             * @description Whether it is the caller's own session.
             */
            is_current: boolean;
        };
        /**
         * SessionList
         * @description The signed-in browsers.
         */
        SessionList: {
            /**
             * Items
             * @description One row per session, the oldest first.
             */
            items: components["schemas"]["Session"][];
        };
        /**
         * StopBody
         * @description How to stop a search.
         */
        StopBody: {
            /**
             * Drain
             * @description Start no more trials, but let running ones finish.
             * @default false
             * @example true
             */
            drain: boolean;
        };
        /**
         * StoppingRuleRow
         * @description One stopping rule with its options.
         */
        StoppingRuleRow: {
            /**
             * Name
             * @description As in a job file.
             */
            name: string;
            /**
             * Description
             * @description One line.
             */
            description: string;
            /**
             * Options
             * @description Its option table.
             */
            options: components["schemas"]["OptionInfo"][];
            /**
             * Package
             * @description The package that it comes from; empty for one of scriptune.
             */
            package: string;
        };
        /**
         * StoppingSummary
         * @description What early stopping did in a search.
         */
        StoppingSummary: {
            /**
             * Rule
             * @description Its name.
             */
            rule: string;
            /**
             * Max Step
             * @description Length of a training in steps; null while it is not known.
             */
            max_step: number | null;
            /**
             * Rungs
             * @description Steps at which trials are compared.
             */
            rungs: number[];
            /**
             * N Stopped
             * @description Trials that it stopped.
             */
            n_stopped: number;
            /**
             * Spent
             * @description What all ended trials cost, in full trainings.
             */
            spent: number;
            /**
             * Saved
             * @description Share of the steps of their trainings that was saved.
             */
            saved: number;
            /**
             * N Audited
             * @description Trials that were behind and ran to their ends, to measure how often the rule errs.
             */
            n_audited: number;
            /**
             * N Errors
             * @description How many of them were better than all before.
             */
            n_errors: number;
            /**
             * Notes
             * @description The same for people.
             */
            notes: components["schemas"]["Message"][];
        };
        /**
         * SuggestBody
         * @description Some output of a program, and the positions of the metric's values in it.
         */
        SuggestBody: {
            /**
             * Text
             * @description Some output of the program.
             * @example epoch 1 val_acc=0.91
             *     epoch 2 val_acc=0.93
             */
            text: string;
            /**
             * Examples
             * @description Positions, or strings of which the first occurrence is meant.
             * @example [
             *       "0.91"
             *     ]
             */
            examples: (components["schemas"]["MarkedPlace"] | string)[];
        };
        /**
         * Suggestion
         * @description Proposed params and how they were chosen.
         */
        Suggestion: {
            /**
             * Params
             * @description The params.
             */
            params: {
                [key: string]: boolean | number | string | null;
            };
            /**
             * Sampler
             * @description Name of the sampler that chose them; under `auto` the one it used.
             */
            sampler: string;
            /** @description Which part of the search. */
            phase: components["schemas"]["Phase"];
            /**
             * Mean
             * @description The model's prediction. From a sampler in the units it was told (minimised); in a stored trial in the metric's own units and sign. null without a model.
             */
            mean: number | null;
            /**
             * Std
             * @description The model's prediction. From a sampler in the units it was told (minimised); in a stored trial in the metric's own units and sign. null without a model.
             */
            std: number | null;
            /**
             * Acquisition
             * @description Value of the acquisition function, in its own units.
             */
            acquisition: number | null;
            /**
             * Note
             * @description One sentence that explains the choice.
             */
            note: string;
            /**
             * N Compared
             * @description Length of the record of the stopping rule's calls when it was chosen; with it, a suggestion that considers values of running trials can be replayed.
             */
            n_compared: number;
            /**
             * Fixed
             * @description What the user asked for, where the sampler chose the rest.
             */
            fixed: {
                [key: string]: boolean | number | string | null;
            } | null;
            /** @description The note as code and parameters; null if it has no code. */
            reason: components["schemas"]["Message"] | null;
        };
        /**
         * Surface
         * @description The joint effect of two parameters, averaged over the others.
         */
        Surface: {
            /**
             * X
             * @description The parameters.
             */
            x: string;
            /**
             * Y
             * @description The parameters.
             */
            y: string;
            /**
             * X Values
             * @description Their values, in order.
             */
            x_values: (boolean | number | string | null)[];
            /**
             * Y Values
             * @description Their values, in order.
             */
            y_values: (boolean | number | string | null)[];
            /**
             * Mean
             * @description Predicted metric, in its own units and sign: one row per value of y, one column per value of x; NaN, in JSON null, where the two values never occur together.
             */
            mean: (number | null)[][];
        };
        /**
         * System
         * @description The machine and the installation.
         */
        System: {
            /**
             * Python
             * @description Version of scriptune's interpreter; programs may use another.
             */
            python: string;
            /**
             * Hostname
             * @description Name of the machine.
             */
            hostname: string;
            /**
             * Home
             * @description The folder with the logs and the settings.
             */
            home: string;
            /**
             * Database
             * @description URL without the password.
             */
            database: string;
            /**
             * Cpus
             * @description Processors that this process may use.
             */
            cpus: number;
            /**
             * Load Average
             * @description Over 1, 5 and 15 minutes.
             */
            load_average: [
                number,
                number,
                number
            ];
            /**
             * Memory Bytes
             * @description Memory of the machine, and how much of it programs can still get.
             */
            memory_bytes: number;
            /**
             * Memory Available Bytes
             * @description Memory of the machine, and how much of it programs can still get.
             */
            memory_available_bytes: number;
            /**
             * Disk Free Bytes
             * @description Where the home lies.
             */
            disk_free_bytes: number;
            /**
             * Gpus
             * @description Devices that trials can be given.
             */
            gpus: string[];
            /**
             * Max Parallel
             * @description Most trials at once over all jobs; null: only each job's own limit counts.
             */
            max_parallel: number | null;
            /**
             * Version
             * @description Of scriptune.
             */
            version: string;
            /**
             * Plugins
             * @description Of installed packages, and whether they can be used.
             */
            plugins: components["schemas"]["PluginStatus"][];
            /** @description The caller. */
            who: components["schemas"]["Whoami"];
        };
        /**
         * TextCapture
         * @description One capture of a regex in sample output, for display.
         */
        TextCapture: {
            /**
             * Metric
             * @description Name of the metric.
             */
            metric: string;
            /**
             * Line No
             * @description Line of the text or file, from 1.
             */
            line_no: number;
            /**
             * Line
             * @description The line, cleaned of escape sequences; of a progress bar, the one version.
             */
            line: string;
            /**
             * Start
             * @description Place of the capture in `line`, in characters.
             */
            start: number;
            /**
             * End
             * @description Place of the capture in `line`, in characters.
             */
            end: number;
            /**
             * Text
             * @description What was captured.
             */
            text: string;
            /**
             * Value
             * @description The number, in the unit of its metric; null when refused.
             */
            value: number | null;
            /**
             * Step
             * @description From the regex's `step` group.
             */
            step: number | null;
            /**
             * Problem
             * @description Why it is refused and what to do next.
             */
            problem: string | null;
            /**
             * Offset
             * @description Byte offset of the line.
             */
            offset: number;
            /**
             * Unit
             * @description The letters or the sign right after the number, as printed; empty without one.
             */
            unit: string;
            /** @description The problem as code and parameters; null if it has no code. */
            reason: components["schemas"]["Message"] | null;
        };
        /**
         * Trial
         * @description One set of params with its state and result.
         */
        Trial: {
            /**
             * Number
             * @description Counts from 0 in its job.
             */
            number: number;
            /**
             * Params
             * @description The searched parameters only, without inactive ones.
             */
            params: {
                [key: string]: boolean | number | string | null;
            };
            /** @description Its state. */
            state: components["schemas"]["TrialState"];
            /**
             * Value
             * @description The objective's reduced value in the metric's own sign, always finite; null without one.
             */
            value: number | null;
            /**
             * Metrics
             * @description Reduced finite value of every metric so far, live while it runs.
             */
            metrics: {
                [key: string]: number;
            };
            /**
             * N Reports
             * @description Captured values so far, over all metrics.
             */
            n_reports: number;
            /** @description Why it failed. */
            cause: components["schemas"]["Cause"] | null;
            /**
             * Message
             * @description What a user should know about how it ended: the error with the last log lines.
             */
            message: string;
            /** @description How the params were chosen. */
            suggestion: components["schemas"]["Suggestion"] | null;
            /**
             * N Told
             * @description Length of the told history when it was asked; with it, the suggestion can be replayed.
             */
            n_told: number;
            /**
             * N Attempts
             * @description Attempts so far.
             */
            n_attempts: number;
            /**
             * Stop Requested
             * @description Whether it was, or will be, stopped individually: by the user, or because another trial reached the target.
             */
            stop_requested: boolean;
            /**
             * Created At
             * @description When it was asked for, in aware UTC.
             */
            created_at: string | null;
            /**
             * Started At
             * @description Of its latest attempt, in aware UTC; null before that.
             */
            started_at: string | null;
            /**
             * Finished At
             * @description Of its latest attempt, in aware UTC; null before that.
             */
            finished_at: string | null;
            /**
             * Report Digest
             * @description Equal in trials that printed the same values of all metrics at the same steps; null before the end, without reports, and in trials that were stored before 0.2.0.
             */
            report_digest: string | null;
            /**
             * Notices
             * @description What the user should know about it beside the error in `message`.
             */
            notices: components["schemas"]["Message"][];
            /**
             * Place
             * @description Where its latest attempt runs or ran: machine and devices, as `gpu3, GPU 1`; empty while not known.
             */
            place: string;
            /**
             * Waits
             * @description Why it waits, as a sentence; empty unless it is waiting.
             */
            waits: string;
            /**
             * Contact At
             * @description When the executor last heard of its latest attempt, to half a minute; null before that.
             */
            contact_at: string | null;
            /** @description The message as code and parameters; null if it has no code, as in trials of version 0.1.0. */
            reason: components["schemas"]["Message"] | null;
            /** @description Why it waits as code and parameters; null if it does not wait, or a plug-in says why. */
            waits_reason: components["schemas"]["Message"] | null;
        };
        /**
         * TrialColumns
         * @description Trials by number, as lists of equal length.
         */
        TrialColumns: {
            /**
             * Version
             * @description What this answer holds; ask with it for what changes later.
             */
            version: string;
            /**
             * Is Whole
             * @description Whether these are all trials, not only changed ones.
             */
            is_whole: boolean;
            /**
             * Number
             * @description Of the trials.
             */
            number: number[];
            /**
             * State
             * @description Of the trials.
             */
            state: components["schemas"]["TrialState"][];
            /**
             * Value
             * @description Of the trials.
             */
            value: (number | null)[];
            /**
             * N Reports
             * @description Of the trials.
             */
            n_reports: number[];
            /**
             * Started At
             * @description In milliseconds since 1970.
             */
            started_at: (number | null)[];
            /**
             * Finished At
             * @description In milliseconds since 1970.
             */
            finished_at: (number | null)[];
            /**
             * Params
             * @description Searched parameter -> its values, null where it is inactive.
             */
            params: {
                [key: string]: (boolean | number | string | null)[];
            };
            /**
             * Metrics
             * @description Metric -> its reduced values, null where it was not printed.
             */
            metrics: {
                [key: string]: (number | null)[];
            };
        };
        /**
         * TrialDetail
         * @description One trial with its attempts and the command line that ran it.
         */
        TrialDetail: {
            /** @description The trial. */
            trial: components["schemas"]["Trial"];
            /**
             * Attempts
             * @description Its attempts, oldest first.
             */
            attempts: components["schemas"]["Attempt"][];
            /**
             * Command Line
             * @description To paste: it runs the configuration again without touching the trial's files; empty if unknown.
             */
            command_line: string;
            /**
             * Number
             * @description The number of the trial.
             */
            number: number;
            /** @description The state of the trial. */
            state: components["schemas"]["TrialState"];
            /**
             * Params
             * @description The params of the trial.
             */
            params: {
                [key: string]: boolean | number | string | null;
            };
            /**
             * Value
             * @description The trial's value, in the metric's own sign.
             */
            value: number | null;
            /** @description Why the trial failed. */
            cause: components["schemas"]["Cause"] | null;
        };
        /**
         * TrialPage
         * @description One page of a list.
         */
        TrialPage: {
            /**
             * Items
             * @description The rows.
             */
            items: components["schemas"]["Trial"][];
            /**
             * Total
             * @description Rows that match, on all pages.
             */
            total: number;
            /**
             * Offset
             * @description Index of the first row of this page.
             */
            offset: number;
        };
        /**
         * TrialState
         * @description State of a trial.
         * @enum {string}
         */
        TrialState: "waiting" | "running" | "completed" | "early_stopped" | "failed" | "stopped";
        /**
         * UsualRow
         * @description The usual value and range of a hyperparameter.
         */
        UsualRow: {
            /**
             * Name
             * @description As it was asked for; without names, all names with this meaning.
             */
            name: string;
            /**
             * Meaning
             * @description What the name means; null if it is not in the table.
             */
            meaning: string | null;
            /**
             * Kind
             * @description The kind of program that the value is usual in; `any` if the kind does not matter or is unknown.
             */
            kind: string;
            /**
             * Value
             * @description The usual value; of choices, the preferred ones in order; null if none is known.
             */
            value: boolean | number | string | string[] | null;
            /**
             * Low
             * @description The lower end of the range that is usually searched, around the usual value; null if there is none.
             */
            low: number | null;
            /**
             * High
             * @description The upper end.
             */
            high: number | null;
            /**
             * Log
             * @description Whether the range is usually searched on a log scale.
             */
            log: boolean;
            /**
             * Source
             * @description Where the value comes from.
             */
            source: string;
        };
        /**
         * WaitingTrials
         * @description Trials of a job that wait for the same reason.
         */
        WaitingTrials: {
            /**
             * Job Id
             * @description The job.
             */
            job_id: string;
            /**
             * Job Name
             * @description The job.
             */
            job_name: string;
            /**
             * N Trials
             * @description How many there are.
             */
            n_trials: number;
            /**
             * Waits
             * @description Why, as a sentence.
             */
            waits: string;
            /** @description Why they wait as code and parameters; null if it is not known. */
            waits_reason: components["schemas"]["Message"] | null;
        };
        /**
         * Whoami
         * @description The caller, as the server has authenticated it.
         */
        Whoami: {
            /**
             * Kind
             * @description `token`, `cookie` or `key`.
             */
            kind: string;
            /**
             * Role
             * @description `admin`, `operator` or `viewer`.
             */
            role: string;
            /**
             * Project
             * @description The only project it sees; null: everything.
             */
            project: string | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
