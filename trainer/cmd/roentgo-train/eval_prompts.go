//go:build libtorch

package main

import "github.com/roentgo/roentgo/trainer/dataset"

// evalViews are the views that findings are measured in, in the order of
// obedience.ByView.
var evalViews = []string{"PA", "AP"}

// promptOf is the prompt of a finding in a view; "" is a normal chest.
func promptOf(view, finding string) string {
	if finding == "" {
		return view + " chest x-ray, normal chest"
	}
	return view + " chest x-ray showing " + dataset.FindingName(finding)
}
