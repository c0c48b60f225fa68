// Practice: a trial that says so.

import { kinds } from "../kinds.js";
import { trial } from "./trial.js";

kinds.practice = trial;
