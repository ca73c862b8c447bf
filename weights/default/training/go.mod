// This file keeps the folder out of the module's zip: what trains the model
// further weighs more than the rest, and no program imports it.
module github.com/roentgo/roentgo/weights/default/training

go 1.26.0
