package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/roentgo/roentgo/sampler/prompt"
	"github.com/roentgo/roentgo/trainer/dataset"
)

func prepareCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "prepare",
		Short: "Make the one folder that training reads, of images with labels or reports",
		RunE: func(cmd *cobra.Command, args []string) error {
			return misuse{fmt.Errorf("prepare what? There are 'prepare manifest' for a CSV with images and 'prepare openi' for the Indiana University collection")}
		},
	}
	cmd.AddCommand(prepareManifestCommand(), prepareOpenICommand())
	return cmd
}

func prepareManifestCommand() *cobra.Command {
	var o dataset.Options
	cmd := &cobra.Command{
		Use:     "manifest --out FOLDER MANIFEST.csv...",
		Short:   "Images listed in one or more CSV files, with labels or reports",
		Example: "  roentgo-train prepare manifest --licence-class A --out runs/data cxr-open/manifest.csv cxr-open2/manifest.csv",
		Args:    atLeast(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Manifests = args
			say := everyNow()
			o.Progress = func(done, total int) {
				if done > 0 { // an error at once then stands alone
					say("prepare: %d of %d rows", done, total)
				}
			}
			sum, err := dataset.Prepare(cmd.Context(), o)
			if err != nil {
				return err
			}
			tellPrepared(o.Out, sum)
			return nil
		},
	}
	f := cmd.Flags()
	imageFlags(f, &o.Out, &o.Size, &o.Fit, &o.Seed)
	f.BoolVar(&o.AllowUnknown, "allow-unknown", false, "accept a table with values that are not understood: captions name unknown labels as they are written; other values are left out")
	f.StringVar(&o.LicenceClass, "licence-class", "", "take only rows of this licence_class")
	f.Float64Var(&o.TestFraction, "test-fraction", 0.1, "of the patients")
	cmd.MarkFlagRequired("out")
	return cmd
}

func prepareOpenICommand() *cobra.Command {
	var o dataset.OpenIOptions
	cmd := &cobra.Command{
		Use:   "openi --reports PATH --images PATH --out FOLDER",
		Short: "Frontal images and reports of the Indiana University collection, by the study's rules",
		Example: "  roentgo-train fetch openi --out openi\n" +
			"  roentgo-train prepare openi --reports openi/NLMCXR_reports.tgz --images openi/NLMCXR_png.tgz --projections indiana_projections.csv --out runs/data",
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			say := everyNow()
			o.Progress = func(stage string, done int) { say("prepare: %d %s", done, stage) }
			sum, err := dataset.PrepareOpenI(cmd.Context(), o)
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "\there\tstudy")
			for _, s := range sum.Stages {
				fmt.Fprintf(w, "%s\t%d\t", s.Name, s.Count)
				if s.Study > 0 {
					fmt.Fprint(w, s.Study)
				}
				fmt.Fprintln(w)
			}
			fmt.Fprintf(w, "words a report, mean\t%.1f\t%.1f\n", sum.Words.Mean, dataset.StudyMeanWords)
			w.Flush()
			tellPrepared(o.Out, sum)
			return nil
		},
	}
	f := cmd.Flags()
	imageFlags(f, &o.Out, &o.Size, &o.Fit, &o.Seed)
	f.StringVar(&o.Reports, "reports", "", "archive or folder of XML reports, or indiana_reports.csv (required)")
	f.StringVar(&o.Images, "images", "", "archive or folder of PNG images (required)")
	f.StringVar(&o.Projections, "projections", "", "indiana_projections.csv, which lists the frontal images; without it the names of the images decide, less surely")
	f.IntVar(&o.TestImages, "test-images", 0, "images of the test set, of whole patients (default a fifth: 660 of the study's 3,301)")
	f.IntVar(&o.MinWords, "min-words", 5, "that a report must have left")
	for _, name := range []string{"out", "reports", "images"} {
		cmd.MarkFlagRequired(name)
	}
	return cmd
}

func imageFlags(f *pflag.FlagSet, out *string, size *int, fit *dataset.Fit, seed *uint64) {
	f.StringVar(out, "out", "", "folder to make (required)")
	f.IntVar(size, "size", 256, "pixels per side")
	f.StringVar((*string)(fit), "fit", string(dataset.FitSquash), "squash both sides, or crop the centre")
	f.Uint64Var(seed, "seed", 1, "of the split by patient")
}

func tellPrepared(out string, sum dataset.Summary) {
	fmt.Fprintf(stdout, "%s: %d images of %d patients, %d to train and %d to test, %d negatives turned back; %d files left out (prepare.html says why)\n",
		out, sum.Images, sum.Patients, sum.Train, sum.Test, sum.Inverted, len(sum.Skipped))
	for _, reason := range slices.SortedFunc(maps.Keys(sum.Reasons), func(a, b string) int { return cmp.Or(sum.Reasons[b]-sum.Reasons[a], strings.Compare(a, b)) }) {
		fmt.Fprintf(stdout, "  left out: %d %s\n", sum.Reasons[reason], reason)
	}
	if sum.Windowed > 0 || sum.Padded > 0 || sum.Coloured > 0 {
		fmt.Fprintf(stdout, "  %d images went through a window of grey values, %d had padding, %d colours\n", sum.Windowed, sum.Padded, sum.Coloured)
	}
	fmt.Fprintf(stdout, "  contact.png shows %d of them\n", len(sum.ContactSheet))
	for _, u := range sum.Unknown {
		what := "not understood"
		if u.Harmless {
			what = "not used"
		}
		fmt.Fprintf(stdout, "  %s: %s %q, %d (%s)\n", what, u.Column, u.Value, u.Count, u.Examples[0])
	}
	if n := len(sum.Shared); n > 0 {
		fmt.Fprintf(stdout, "  %d rows name a file of another patient, such as %s; an image may be in both parts\n", n, sum.Shared[0])
	}
	if n := len(sum.Unnamed); n > 0 {
		fmt.Fprintf(stdout, "  no table names %d files beside it, such as %q\n", n, sum.Unnamed[0])
	}
	if sum.Unsaid > 0 {
		fmt.Fprintf(stdout, "  %d images have neither a label nor a report: captions say nothing of their findings\n", sum.Unsaid)
	}
}

// everyNow returns a function that writes a line of progress to standard
// error, once a second at most.
func everyNow() func(format string, args ...any) {
	var last time.Time
	return func(format string, args ...any) {
		if now := time.Now(); now.Sub(last) >= time.Second {
			last = now
			fmt.Fprintf(os.Stderr, format+"\n", args...)
		}
	}
}

// reportLine is what 'text' prints of a report.
type reportLine struct {
	File       string          `json:"file"`
	ID         string          `json:"id,omitempty"`
	Findings   string          `json:"findings,omitempty"`
	Impression string          `json:"impression,omitempty"`
	Prompt     string          `json:"prompt"`
	Changes    []prompt.Change `json:"changes,omitempty"`
	LeftOut    string          `json:"left_out,omitempty"`
}

func textCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "text FILE...",
		Short: "Print the prompt that each report becomes, and by which rules: one line of JSON per report",
		Long: "Print the prompt that each report of each file becomes, and which rules changed what: one line of JSON per report.\n" +
			"A file is an XML report of the Indiana University collection, a CSV with findings and impression, a .txt, or a folder or tar archive of reports.",
		Example: "  roentgo-train text NLMCXR_reports.tgz | head",
		Args:    atLeast(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			enc := json.NewEncoder(cmd.OutOrStdout())
			enc.SetEscapeHTML(false)
			for _, path := range args {
				var failed error
				err := dataset.ReadReports(cmd.Context(), path, func(r dataset.Report) error {
					text, changes := prompt.Report(r.Findings, r.Impression)
					return enc.Encode(reportLine{File: r.File, ID: r.ID, Findings: r.Findings, Impression: r.Impression, Prompt: text, Changes: changes})
				}, func(s dataset.Skipped) {
					if err := enc.Encode(reportLine{File: s.File, LeftOut: s.Reason}); err != nil {
						failed = err
					}
				})
				if err != nil {
					return err
				}
				if failed != nil {
					return failed
				}
			}
			return nil
		},
	}
}
