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
            /** Access Key */
            access_key: string;
            /** Project */
            project: string;
            /** Role */
            role: string;
            /** Name */
            name: string;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Secret Key */
            secret_key: string;
        };
        /**
         * AccessKeyList
         * @description The access keys.
         */
        AccessKeyList: {
            /** Items */
            items: components["schemas"]["AccessKeyRow"][];
        };
        /**
         * AccessKeyRow
         * @description An access key without its secret.
         */
        AccessKeyRow: {
            /** Access Key */
            access_key: string;
            /** Project */
            project: string;
            /** Role */
            role: string;
            /** Name */
            name: string;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
        };
        /**
         * Attempt
         * @description One execution of a trial.
         */
        Attempt: {
            /** Number */
            number: number;
            /**
             * Attempt
             * @description 1 for the first.
             */
            attempt: number;
            state: components["schemas"]["TrialState"];
            /**
             * Folder
             * @description Relative to the home.
             */
            folder: string;
            /** Handle */
            handle: {
                [key: string]: unknown;
            } | null;
            exit: components["schemas"]["ExitStatus"] | null;
            /**
             * Log Offset
             * @description Bytes of the log that were read into reports.
             */
            log_offset: number;
            /** Warnings */
            warnings: string[];
            /** Created At */
            created_at: string | null;
            /** Started At */
            started_at: string | null;
            /** Finished At */
            finished_at: string | null;
            /**
             * Pruned At
             * @description When its files, the log among them, were removed by `prune`.
             */
            pruned_at: string | null;
        };
        /**
         * Best
         * @description The best trial and how to run it again.
         */
        Best: {
            trial: components["schemas"]["Trial"];
            /**
             * Params
             * @description All parameters, searched and fixed.
             */
            params: {
                [key: string]: boolean | number | string;
            };
            /** Command Line */
            command_line: string;
            /** Number */
            number: number;
            /** Value */
            value: number | null;
        };
        /**
         * CaptureRow
         * @description What a metric's regex found in a log.
         */
        CaptureRow: {
            /** Metric */
            metric: string;
            /** Line Number */
            line_number: number;
            /** Line */
            line: string;
            /** Text */
            text: string;
            /** Value */
            value: number | null;
            /** Problem */
            problem: string;
            /**
             * Unit
             * @description The letters or the sign right after the number, as printed; empty without one.
             */
            unit: string;
        };
        /**
         * Cause
         * @description Why a trial failed.
         * @enum {string}
         */
        Cause: "exit_code" | "signal" | "out_of_memory" | "timeout" | "no_metric" | "non_finite" | "launch_error" | "lost";
        /**
         * CheckBody
         * @description A job to check before it is submitted.
         */
        CheckBody: {
            /**
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
         * @description What can be known of a job before spending budget.
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
             * @description Texts, those of `notices` among them.
             */
            warnings: string[];
            /** N Searched */
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
            /** Captures */
            captures: components["schemas"]["CaptureRow"][];
            /** N Captures */
            n_captures: {
                [key: string]: number;
            };
            /** Values */
            values: {
                [key: string]: number | null;
            };
            /**
             * Units
             * @description By metric, the unit of its values; empty for numbers alone.
             */
            units: {
                [key: string]: string;
            };
            /** Ran */
            ran: boolean;
            /** Ok */
            ok: boolean;
            /** @description Why a trial like this would fail; null when it would not. */
            cause: components["schemas"]["Cause"] | null;
            /** Message */
            message: string;
            /**
             * Output
             * @description What the program printed; of a long output the beginning and the end.
             */
            output: string;
            /** Wall S */
            wall_s: number | null;
            /** Forecast S */
            forecast_s: number | null;
            /** Log Path */
            log_path: string;
            /**
             * Hints
             * @description Parameters that the program does not take as they are given.
             */
            hints: string[];
            /** Notices */
            notices: components["schemas"]["Notice"][];
            /**
             * Second Params
             * @description Of a second run, far from the first; empty without one.
             */
            second_params: {
                [key: string]: boolean | number | string;
            };
            /**
             * Second Values
             * @description What the second run reported.
             */
            second_values: {
                [key: string]: number | null;
            };
        };
        /**
         * Curve
         * @description The learning curve of a trial, thinned.
         */
        Curve: {
            /** Number */
            number: number;
            state: components["schemas"]["TrialState"];
            /** Value */
            value: number | null;
            /**
             * N Reports
             * @description Values captured, before thinning.
             */
            n_reports: number;
            /** Steps */
            steps: number[];
            /** Values */
            values: (number | null)[];
        };
        /**
         * EnqueueBody
         * @description A configuration to try next.
         */
        EnqueueBody: {
            /**
             * Params
             * @example {
             *       "learning_rate": 0.003,
             *       "optimizer": "adam"
             *     }
             */
            params: {
                [key: string]: boolean | number | string;
            };
        };
        /**
         * ErrorAnswer
         * @description The one shape of every error.
         * @example {
         *       "error": {
         *         "code": "not_found",
         *         "hint": "Known: 'digits-mlp'.",
         *         "message": "There is no job 'digits'."
         *       }
         *     }
         */
        ErrorAnswer: {
            error: components["schemas"]["ErrorBody"];
        };
        /**
         * ErrorBody
         * @description What went wrong.
         */
        ErrorBody: {
            /**
             * Code
             * @description For programs: job_file, not_found, conflict, permission_denied, ...
             */
            code: string;
            /**
             * Message
             * @description For people: what happened and what was expected.
             */
            message: string;
            /**
             * Hint
             * @description How to go on, when that is worth a sentence of its own.
             */
            hint: string | null;
            /**
             * Problems
             * @description Every mistake of a job file; each begins with its place. Only with code job_file.
             */
            problems?: string[] | null;
        };
        /**
         * Event
         * @description One line of a job's event log; the `data` of a server-sent event.
         */
        Event: {
            /** Job Id */
            job_id: string;
            /**
             * Seq
             * @description The event's id: from 1 per job; in `/events` counted over all jobs.
             */
            seq: number;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /**
             * Kind
             * @description `job`, `trial` or `reports`.
             */
            kind: string;
            /**
             * Number
             * @description The trial.
             */
            number: number | null;
            /**
             * Data
             * @description What changed.
             */
            data: {
                [key: string]: unknown;
            };
        };
        /**
         * ExitReason
         * @description Why an attempt's process is no more.
         * @enum {string}
         */
        ExitReason: "exited" | "timeout" | "idle_timeout" | "cancelled" | "launch_error" | "lost";
        /**
         * ExitStatus
         * @description How an attempt ended.
         */
        ExitStatus: {
            reason: components["schemas"]["ExitReason"];
            /** Exit Code */
            exit_code: number | null;
            /** Signal */
            signal: number | null;
            /** Started At */
            started_at: string | null;
            /** Finished At */
            finished_at: string | null;
            /** Wall S */
            wall_s: number | null;
            /** Cpu S */
            cpu_s: number | null;
            /** Peak Memory Bytes */
            peak_memory_bytes: number | null;
            /** Message */
            message: string;
            /** Oom */
            oom: boolean;
            /**
             * Log Size
             * @description Bytes in the log when the program ended; later output does not count.
             */
            log_size: number | null;
        };
        /**
         * Goal
         * @description Which way is good.
         * @enum {string}
         */
        Goal: "minimize" | "maximize";
        /**
         * Health
         * @description Alive.
         */
        Health: {
            /**
             * Status
             * @example ok
             */
            status: string;
            /** Version */
            version: string;
        };
        /**
         * HistoryPoint
         * @description One trial in the history of a job.
         */
        HistoryPoint: {
            /** Number */
            number: number;
            /** Value */
            value: number | null;
            /**
             * Best
             * @description Best value of the trials up to this one.
             */
            best: number | null;
        };
        /**
         * ImportanceRow
         * @description How much a parameter mattered.
         */
        ImportanceRow: {
            /** Name */
            name: string;
            /**
             * Mean
             * @description Share of the metric's variance that it explains alone (fANOVA).
             */
            mean: number;
            /** Std */
            std: number;
            /**
             * Good
             * @description Share in telling good trials from the rest (PED-ANOVA). Null when the trials hold one value of it at most: then nothing is known of it.
             */
            good: number | null;
        };
        /**
         * InspectBody
         * @description A command whose parameters are looked for.
         */
        InspectBody: {
            /**
             * Command
             * @example python train.py --lr=0.01 --epochs 20
             */
            command: string | string[];
            /** Workdir */
            workdir?: string | null;
            /**
             * Run Help
             * @description Run the command with `--help` too.
             * @default true
             */
            run_help: boolean;
        };
        /**
         * InspectedParameter
         * @description A parameter that was found in a command or in a program's help.
         */
        InspectedParameter: {
            /** Name */
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
            /** Default */
            default: boolean | number | string | null;
            /** Choices */
            choices: (boolean | number | string)[];
            /** Help */
            help: string;
            /**
             * Given
             * @description Its value in the command, when it stands there.
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
        };
        /**
         * Inspection
         * @description What a command's arguments and its help tell about its parameters.
         */
        Inspection: {
            /**
             * Command
             * @description The command without the parameters that were found in it.
             */
            command: string[];
            /** Parameters */
            parameters: components["schemas"]["InspectedParameter"][];
            /**
             * Source
             * @description Who wrote the help, as `argparse` or `hydra`; `unknown`, or `none`.
             */
            source: string;
            /**
             * Message
             * @description Why the help could not be read.
             */
            message: string;
        };
        /**
         * JobBody
         * @description A job file in JSON form, or `program` and what differs from it.
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
            /** @description For people. Default: made from the file's or the program's name. */
            name?: unknown;
            /** @description The program. A text is split by shell rules, once; a list is taken as it is. Required. */
            command?: unknown;
            /** @description Give the command to `/bin/sh -c` as it is. */
            shell?: unknown;
            /** @description Where the command runs. Default: the job file's folder. */
            workdir?: unknown;
            /** @description The hyperparameters by name. Required. */
            parameters?: unknown;
            /** @description The metrics by name. Required. */
            metrics?: unknown;
            /** @description What the search is for. Required. */
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
            /** @description Accepted as the same as `program`. */
            program_id?: string;
            /** @description What differs from the program; may stand beside it too. */
            overrides?: Record<string, never>;
            /** @description Of the program. Default: the newest. */
            version?: number;
            /** @description Free texts that are kept with the job. */
            labels?: Record<string, never>;
        } & {
            [key: string]: unknown;
        };
        /**
         * JobDetail
         * @description One job, as its page needs it.
         */
        JobDetail: {
            summary: components["schemas"]["JobSummary"];
            /**
             * Command Line
             * @description Of the best trial, ready to paste; empty without one.
             */
            command_line: string;
            /**
             * Failures
             * @description Cause -> trials that failed so, one example message.
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
             * @description Texts, those of `notices` among them.
             */
            warnings: string[];
            /** Notices */
            notices: components["schemas"]["Notice"][];
            /** Id */
            id: string;
            /** Name */
            name: string;
            state: components["schemas"]["JobState"];
            /**
             * Message
             * @description Why it ended.
             */
            message: string;
            /** Counts */
            counts: {
                [key: string]: number;
            };
            best: components["schemas"]["Trial"] | null;
        };
        /**
         * JobPage
         * @description A slice of the list of jobs.
         */
        JobPage: {
            /** Items */
            items: components["schemas"]["JobSummary"][];
            /**
             * Total
             * @description Rows that match, on all pages.
             */
            total: number;
            /** Offset */
            offset: number;
        };
        /**
         * JobState
         * @description Where a search job stands.
         * @enum {string}
         */
        JobState: "queued" | "running" | "stopping" | "completed" | "failed" | "stopped";
        /**
         * JobSummary
         * @description A job with what lists and headers show.
         */
        JobSummary: {
            job: components["schemas"]["SearchJob"];
            /**
             * Counts
             * @description Trials by state; every state is there.
             */
            counts: {
                [key: string]: number;
            };
            best: components["schemas"]["Trial"] | null;
            /** Id */
            id: string;
            /** Name */
            name: string;
            state: components["schemas"]["JobState"];
        };
        /**
         * KeyBody
         * @description An access key to make.
         */
        KeyBody: {
            /**
             * Project
             * @default default
             * @example vision
             */
            project: string;
            /**
             * Role
             * @default operator
             * @example viewer
             */
            role: string;
            /**
             * Name
             * @default
             * @example dashboard
             */
            name: string;
        };
        /**
         * LogCapture
         * @description A capture in a trial's log.
         */
        LogCapture: {
            /** Metric */
            metric: string;
            /** Line No */
            line_no: number;
            /** Line */
            line: string;
            /** Start */
            start: number;
            /** End */
            end: number;
            /** Text */
            text: string;
            /** Value */
            value: number | null;
            /** Step */
            step: number | null;
            /** Problem */
            problem: string | null;
            /** Offset */
            offset: number;
            /**
             * Unit
             * @description The letters or the sign right after the number, as printed; empty without one.
             */
            unit: string;
        };
        /**
         * LogCaptureList
         * @description The first captures in a trial's log, refused ones included.
         */
        LogCaptureList: {
            /** Items */
            items: components["schemas"]["LogCapture"][];
        };
        /**
         * LogChunk
         * @description A part of a trial's log, as text.
         */
        LogChunk: {
            /** Text */
            text: string;
            /** Offset */
            offset: number;
            /**
             * Next Offset
             * @description Bytes; ask on from here.
             */
            next_offset: number;
            /** Size Bytes */
            size_bytes: number;
            /**
             * Ended
             * @description Nothing more will come.
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
         * @description A line that holds the text that was searched for.
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
             * @description Shortened around the text when long.
             */
            line: string;
        };
        /**
         * LogMatches
         * @description Lines of a log that hold a text.
         */
        LogMatches: {
            /** Items */
            items: components["schemas"]["LogMatch"][];
            /**
             * Next Offset
             * @description Where to search on; null when the whole log was searched.
             */
            next_offset: number | null;
            /**
             * Next Line No
             * @description Number of the line there; send it along as `line_no`.
             */
            next_line_no: number | null;
        };
        /**
         * Marginal
         * @description The effect of one parameter, averaged over the others.
         */
        Marginal: {
            /** Name */
            name: string;
            /** Values */
            values: (boolean | number | string)[];
            /** Mean */
            mean: number[];
            /** Std */
            std: number[];
        };
        /**
         * MarkedPlace
         * @description A marked number: characters `start` to `end` of a line.
         */
        MarkedPlace: {
            /** Line No */
            line_no: number;
            /** Start */
            start: number;
            /** End */
            end: number;
        };
        /**
         * MetricUnit
         * @description The unit of a metric's values in a job.
         */
        MetricUnit: {
            /**
             * Unit
             * @description As it was printed; empty for numbers alone.
             * @example ms
             */
            unit: string;
            /**
             * Line
             * @description The line of the log whose number decided it; empty when the job file did.
             */
            line: string;
        };
        /**
         * Notice
         * @description Something to know that is not an error.
         */
        Notice: {
            /**
             * Code
             * @description What it is, for programs.
             * @example parameters_unread
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
         * OptionRow
         * @description One option of a sampler.
         */
        OptionRow: {
            /** Name */
            name: string;
            /** Type */
            type: string;
            /** Default */
            default: unknown;
            /** Allowed */
            allowed: string;
            /** Help */
            help: string;
            /** Source */
            source: string;
        };
        /**
         * PatternBody
         * @description A regex and some output of a program.
         */
        PatternBody: {
            /**
             * Regex
             * @example val_acc=([0-9.]+)
             */
            regex: string;
            /**
             * Text
             * @example epoch 1 val_acc=0.91
             *     epoch 2 val_acc=0.93
             */
            text: string;
        };
        /**
         * PatternTest
         * @description What a regex captures in a text, as a trial's log would be read.
         */
        PatternTest: {
            /**
             * Text
             * @description The text as the captures' lines and columns count it.
             */
            text: string;
            /** Captures */
            captures: components["schemas"]["TextCapture"][];
        };
        /**
         * Phase
         * @description Which part of a search chose params.
         * @enum {string}
         */
        Phase: "default" | "initial" | "model" | "fallback" | "enqueued";
        /**
         * Program
         * @description A stored description of a training program; one version of it.
         */
        Program: {
            /** Id */
            id: string;
            /**
             * Version
             * @description From 1; every change makes a new one.
             */
            version: number;
            /** Name */
            name: string;
            /** Description */
            description: string;
            /** Workdir */
            workdir: string;
            /** Command */
            command: string | string[];
            /** Shell */
            shell: boolean;
            /** Parameters */
            parameters: {
                [key: string]: components["schemas"]["ProgramParameter"];
            };
            /** Metrics */
            metrics: {
                [key: string]: {
                    [key: string]: unknown;
                };
            };
            /** Objective */
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
            /** Run */
            run: {
                [key: string]: unknown;
            };
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /**
             * Changed At
             * Format: date-time
             */
            changed_at: string;
            /** Labels */
            labels: {
                [key: string]: unknown;
            };
        };
        /**
         * ProgramBody
         * @description A training program to store.
         */
        ProgramBody: {
            /**
             * Name
             * @example digits-mlp
             */
            name: string;
            /**
             * Description
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
             * @example python train.py --epochs=20
             */
            command: string | string[];
            /**
             * Shell
             * @default false
             */
            shell: boolean;
            /**
             * Parameters
             * @description Its hyperparameters by name; keys of `domain` may stand in the entry itself, as in a job file.
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
             * @default {}
             */
            labels: {
                [key: string]: unknown;
            };
        };
        /**
         * ProgramPage
         * @description A slice of the list of programs.
         */
        ProgramPage: {
            /** Items */
            items: components["schemas"]["Program"][];
            /** Total */
            total: number;
            /** Offset */
            offset: number;
        };
        /**
         * ProgramParameter
         * @description One hyperparameter of a stored program.
         */
        ProgramParameter: {
            /**
             * Domain
             * @description As an entry of `parameters` in a job file.
             */
            domain: {
                [key: string]: unknown;
            };
            /**
             * Editable
             * @description Whether a job may change its domain or value.
             */
            editable: boolean;
            /**
             * Required
             * @description Whether every job has it.
             */
            required: boolean;
            /** Help */
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
             * @default
             */
            help: string;
        };
        /**
         * Proposal
         * @description A proposed regex, proven on the text.
         */
        Proposal: {
            /** Regex */
            regex: string;
            /**
             * Text
             * @description The text as the captures' lines and columns count it.
             */
            text: string;
            /** Captures */
            captures: components["schemas"]["TextCapture"][];
        };
        /**
         * ReparseBody
         * @description How to read the kept logs again.
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
             * @description Of the metric searched on, without its name.
             * @example val_acc=([0-9.]+)
             */
            regex?: string | null;
            /**
             * Reduce
             * @example last
             */
            reduce?: string | null;
            /**
             * Name
             * @description Another name of the metric searched on.
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
             * @description Change it although a metric would be found in no log.
             * @default false
             */
            confirmed: boolean;
        };
        /**
         * ReparseReport
         * @description What reparse changed, or would change.
         */
        ReparseReport: {
            /**
             * N Trials
             * @description Trials whose logs were read.
             */
            n_trials: number;
            /**
             * Changed
             * @description Trial, value before, value after.
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
             * @description Trials that had a value and have none now.
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
             * @description What is searched on from now on.
             */
            metric: string;
            goal: components["schemas"]["Goal"];
            /**
             * Best
             * @description Number and value of the best trial from now on.
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
             * @description Of those without a log, the ones that lost their middle, see `max_log_bytes`.
             */
            n_freed: number;
        };
        /**
         * ReplayReport
         * @description Whether every suggestion can be derived again, and every value read again.
         */
        ReplayReport: {
            /** N Trials */
            n_trials: number;
            /** N Derived */
            n_derived: number;
            /** N Enqueued */
            n_enqueued: number;
            /** First Difference */
            first_difference: number | null;
            /** Expected */
            expected: {
                [key: string]: boolean | number | string;
            } | null;
            /** Found */
            found: {
                [key: string]: boolean | number | string;
            } | null;
            /**
             * N Checked
             * @description Ended trials whose command and value were found again in their files.
             */
            n_checked: number;
            /**
             * N Not Checked
             * @description Ended trials whose files were removed or are not whole.
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
             * @description What files say differently, the first 100.
             */
            contradictions: components["schemas"]["Notice"][];
            /** N Contradictions */
            n_contradictions: number;
            /**
             * N Freed
             * @description Of these, the ones whose logs lost their middle, see `max_log_bytes`.
             */
            n_freed: number;
            /** Agrees */
            agrees: boolean;
        };
        /**
         * Report
         * @description One captured metric value.
         */
        Report: {
            /** Metric */
            metric: string;
            /**
             * Value
             * @description Null when NaN or infinite was printed.
             */
            value: number | null;
            /** Step */
            step: number;
            /**
             * Offset
             * @description Byte offset in the log of the line it was read from.
             */
            offset: number;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /**
             * Unit
             * @description The letters or the sign right after the number, as printed, empty without one; `value` is in the unit of the metric. Null for reports of version 0.1.0.
             */
            unit: string | null;
        };
        /**
         * ReportPage
         * @description A slice of the captured values of a trial.
         */
        ReportPage: {
            /** Items */
            items: components["schemas"]["Report"][];
            /** Total */
            total: number;
            /** Offset */
            offset: number;
        };
        /**
         * ResumeBody
         * @description How to go on.
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
         * @description Which trials get a further attempt.
         */
        RetriedTrials: {
            /** Numbers */
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
            /** Revoked */
            revoked: number;
        };
        /**
         * SamplerRow
         * @description One sampler with its options.
         */
        SamplerRow: {
            /** Name */
            name: string;
            /** Description */
            description: string;
            /** Options */
            options: components["schemas"]["OptionRow"][];
        };
        /**
         * SearchJob
         * @description A stored job.
         */
        SearchJob: {
            /**
             * Id
             * @example 0b0f6f3e-5d7c-4f57-8f0e-0a3f2c7f9a11
             */
            id: string;
            /**
             * Name
             * @description For people; need not be unique.
             * @example digits-mlp
             */
            name: string;
            /**
             * Document
             * @description The complete job file in JSON form. Values of environment variables whose names look secret are masked.
             */
            document: {
                [key: string]: unknown;
            };
            state: components["schemas"]["JobState"];
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /**
             * Message
             * @description Why it ended.
             */
            message: string;
            /**
             * Stop Requested
             * @description Empty, `drain` or `now`.
             */
            stop_requested: string;
            /** Started At */
            started_at: string | null;
            /** Finished At */
            finished_at: string | null;
            /**
             * Active S
             * @description Seconds that it was running, summed over interruptions.
             */
            active_s: number;
            /**
             * Extra Trials
             * @description Trials added to the budget of the document.
             */
            extra_trials: number;
            /** Resumed At Tell */
            resumed_at_tell: number;
            /**
             * N Told
             * @description Results that the sampler was told.
             */
            n_told: number;
            /**
             * Last Event
             * @description Number of its newest event; begin to listen after it.
             */
            last_event: number;
            /** Lease Owner */
            lease_owner: string | null;
            /** Lease Until */
            lease_until: string | null;
            /** Labels */
            labels: {
                [key: string]: unknown;
            };
            /**
             * Notices
             * @description What people should know about it now.
             */
            notices: components["schemas"]["Notice"][];
            /**
             * Earlier Goals
             * @description Trials below this number were suggested under that goal, before a re-parse changed it.
             */
            earlier_goals: [
                number,
                components["schemas"]["Goal"]
            ][];
            /**
             * Units
             * @description By metric, the unit that its values are in.
             */
            units: {
                [key: string]: components["schemas"]["MetricUnit"];
            };
            /**
             * N Trials
             * @description The whole budget of trials.
             */
            n_trials: number;
            goal: components["schemas"]["Goal"];
            /**
             * Metric
             * @description The metric searched on.
             */
            metric: string;
        };
        /**
         * Session
         * @description A browser that is signed in.
         */
        Session: {
            /** Id */
            id: string;
            /**
             * Browser
             * @description What it calls itself.
             */
            browser: string;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /**
             * Expires At
             * Format: date-time
             */
            expires_at: string;
            /**
             * Is Current
             * @description The one that asks.
             */
            is_current: boolean;
        };
        /**
         * SessionList
         * @description The browsers that are signed in, the oldest session first.
         */
        SessionList: {
            /** Items */
            items: components["schemas"]["Session"][];
        };
        /**
         * StopBody
         * @description How to stop.
         */
        StopBody: {
            /**
             * Drain
             * @description Start no further trials, but let the running ones end.
             * @default false
             * @example true
             */
            drain: boolean;
        };
        /**
         * SuggestBody
         * @description Some output of a program, and where the metric's values are in it.
         */
        SuggestBody: {
            /**
             * Text
             * @example epoch 1 val_acc=0.91
             *     epoch 2 val_acc=0.93
             */
            text: string;
            /**
             * Examples
             * @description Places, or texts of which the first occurrence is meant.
             * @example [
             *       "0.91"
             *     ]
             */
            examples: (components["schemas"]["MarkedPlace"] | string)[];
        };
        /**
         * Suggestion
         * @description Params and how they were chosen.
         */
        Suggestion: {
            /** Params */
            params: {
                [key: string]: boolean | number | string;
            };
            /**
             * Sampler
             * @description The one that chose them; under `auto` the one it used.
             */
            sampler: string;
            phase: components["schemas"]["Phase"];
            /**
             * Mean
             * @description The model's prediction in the metric's own units.
             */
            mean: number | null;
            /** Std */
            std: number | null;
            /** Acquisition */
            acquisition: number | null;
            /**
             * Note
             * @description One sentence for people.
             */
            note: string;
        };
        /**
         * Surface
         * @description The model's prediction over two parameters, averaged over the others.
         */
        Surface: {
            /** X */
            x: string;
            /** Y */
            y: string;
            /** X Values */
            x_values: (boolean | number | string)[];
            /** Y Values */
            y_values: (boolean | number | string)[];
            /**
             * Mean
             * @description One row per value of y, one column per value of x.
             */
            mean: number[][];
        };
        /**
         * System
         * @description The machine and the installation.
         */
        System: {
            /** Version */
            version: string;
            /** Python */
            python: string;
            /** Hostname */
            hostname: string;
            /** Home */
            home: string;
            /**
             * Database
             * @description Its URL without the password.
             */
            database: string;
            /** Cpus */
            cpus: number;
            /** Load Average */
            load_average: [
                number,
                number,
                number
            ];
            /** Memory Bytes */
            memory_bytes: number;
            /** Memory Available Bytes */
            memory_available_bytes: number;
            /**
             * Disk Free Bytes
             * @description Where the home lies.
             */
            disk_free_bytes: number;
            /**
             * Gpus
             * @description Identifiers of the GPUs that trials can be given.
             */
            gpus: string[];
            /** Max Parallel */
            max_parallel: number | null;
            who: components["schemas"]["Whoami"];
        };
        /**
         * TextCapture
         * @description One capture of a regex in a text.
         */
        TextCapture: {
            /** Metric */
            metric: string;
            /**
             * Line No
             * @description From 1.
             */
            line_no: number;
            /**
             * Line
             * @description Cleaned of escape sequences.
             */
            line: string;
            /**
             * Start
             * @description Place of the capture in `line`, in characters.
             */
            start: number;
            /** End */
            end: number;
            /** Text */
            text: string;
            /** Value */
            value: number | null;
            /** Step */
            step: number | null;
            /**
             * Problem
             * @description Why it is refused.
             */
            problem: string | null;
            /** Offset */
            offset: number;
            /**
             * Unit
             * @description The letters or the sign right after the number, as printed; empty without one.
             */
            unit: string;
        };
        /**
         * Trial
         * @description One set of params and what became of it.
         */
        Trial: {
            /**
             * Number
             * @description From 0 in its job.
             */
            number: number;
            /**
             * Params
             * @description Searched parameters without inactive ones.
             */
            params: {
                [key: string]: boolean | number | string;
            };
            state: components["schemas"]["TrialState"];
            /**
             * Value
             * @description The objective's reduced value, in the metric's own sign.
             */
            value: number | null;
            /**
             * Metrics
             * @description Reduced value of every metric so far, live.
             */
            metrics: {
                [key: string]: number | null;
            };
            /** N Reports */
            n_reports: number;
            /** @description Why it failed. */
            cause: components["schemas"]["Cause"] | null;
            /** Message */
            message: string;
            suggestion: components["schemas"]["Suggestion"] | null;
            /** N Told */
            n_told: number;
            /** N Attempts */
            n_attempts: number;
            /** Stop Requested */
            stop_requested: boolean;
            /** Created At */
            created_at: string | null;
            /** Started At */
            started_at: string | null;
            /** Finished At */
            finished_at: string | null;
            /**
             * Report Digest
             * @description Equal in trials that printed the same values of all metrics at the same steps.
             */
            report_digest: string | null;
            /** Notices */
            notices: components["schemas"]["Notice"][];
        };
        /**
         * TrialColumns
         * @description Trials of a job by number, as columns of one length.
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
            /** Number */
            number: number[];
            /** State */
            state: components["schemas"]["TrialState"][];
            /** Value */
            value: (number | null)[];
            /** N Reports */
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
             * @description By searched parameter; null where it is inactive.
             */
            params: {
                [key: string]: (boolean | number | string | null)[];
            };
            /**
             * Metrics
             * @description By metric; null where it was not printed.
             */
            metrics: {
                [key: string]: (number | null)[];
            };
        };
        /**
         * TrialDetail
         * @description One trial with its attempts.
         */
        TrialDetail: {
            trial: components["schemas"]["Trial"];
            /** Attempts */
            attempts: components["schemas"]["Attempt"][];
            /** Command Line */
            command_line: string;
            /** Number */
            number: number;
            state: components["schemas"]["TrialState"];
            /** Params */
            params: {
                [key: string]: boolean | number | string;
            };
            /** Value */
            value: number | null;
            cause: components["schemas"]["Cause"] | null;
        };
        /**
         * TrialPage
         * @description A slice of the trials of a job.
         */
        TrialPage: {
            /** Items */
            items: components["schemas"]["Trial"][];
            /** Total */
            total: number;
            /** Offset */
            offset: number;
        };
        /**
         * TrialState
         * @description Where a trial stands.
         * @enum {string}
         */
        TrialState: "waiting" | "running" | "completed" | "early_stopped" | "failed" | "stopped";
        /**
         * Whoami
         * @description Who the server takes the caller for.
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
            /** Project */
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
