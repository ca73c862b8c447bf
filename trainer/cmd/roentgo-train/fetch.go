package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/trainer/fetch"
)

func fetchCommand() *cobra.Command {
	o := fetch.Options{Files: fetch.OpenI}
	cmd := &cobra.Command{
		Use:       "fetch openi --out FOLDER",
		Short:     "Download the Indiana University collection: 3,955 reports and 7,470 images",
		Long:      "Download the two archives of the Indiana University collection (CC BY-NC-ND 4.0). The same command resumes a download that was cut.",
		Example:   "  roentgo-train fetch openi --out openi",
		ValidArgs: []string{"openi"},
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] != "openi" {
				return misuse{fmt.Errorf("fetch what? There is 'fetch openi'")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			report := everyNow()
			o.Progress = func(name string, done, total int64) {
				if total > 0 {
					report("fetch: %s: %d of %d MB (%d %%)", name, done/1e6, total/1e6, 100*done/total)
				} else {
					report("fetch: %s: %d MB", name, done/1e6)
				}
			}
			list, err := fetch.Fetch(cmd.Context(), o)
			for _, r := range list {
				kept := ""
				if r.Kept {
					kept = ", was there"
				}
				fmt.Fprintf(stdout, "%s: %d bytes, SHA-256 %s%s\n", r.Path, r.Size, r.SHA256, kept)
			}
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Out, "out", "", "folder for the archives (required)")
	f.StringVar(&o.BaseURL, "base-url", fetch.OpenIBase, "where the archives are")
	f.IntVar(&o.Retries, "retries", 8, "attempts in a row that may bring nothing")
	cmd.MarkFlagRequired("out")
	return cmd
}
