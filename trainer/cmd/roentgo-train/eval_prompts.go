//go:build libtorch

package main

import "github.com/roentgo/roentgo/trainer/dataset"

// evalViews are the views that findings are measured in.
var evalViews = []string{"PA", "AP"}

// normal stands for a normal chest in the place of a finding's label.
const normal = ""

// evalFindings are the findings that are prompted for, a normal chest first.
func evalFindings() []string { return append([]string{normal}, dataset.FindingLabels()...) }

// promptOf is the prompt of a finding in a view.
func promptOf(view, finding string) string {
	if finding == normal {
		return view + " chest x-ray, normal chest"
	}
	return view + " chest x-ray showing " + dataset.FindingName(finding)
}
