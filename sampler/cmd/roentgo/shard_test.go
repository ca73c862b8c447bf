package main

import (
	"strings"
	"testing"

	"github.com/roentgo/roentgo/sampler"
)

func TestParseShard(t *testing.T) {
	for _, c := range []struct {
		text  string
		env   map[string]string
		index int
		of    int
		says  string // of a refusal
	}{
		{text: "0/1", of: 1},
		{text: "7/8", index: 7, of: 8},
		{text: "auto", env: map[string]string{slurmID: "5", slurmFirst: "3", slurmCount: "4"}, index: 2, of: 4},
		{text: "auto", env: map[string]string{slurmID: "14", slurmFirst: "10", slurmCount: "3", slurmStep: "2"}, index: 2, of: 3},
		{text: "auto/4", env: map[string]string{slurmID: "3"}, index: 3, of: 4},
		{text: "auto/4", env: map[string]string{kubernetesID: "2"}, index: 2, of: 4},

		{text: "8/8", says: "count from 0 to 7"},
		{text: "-1/8", says: "count from 0 to 7"},
		{text: "1/0", says: "the parts are 1 to"},
		{text: "1/x", says: "the parts are 1 to"},
		{text: "x/8", says: "neither a whole number nor auto"},
		{text: "3", says: "number of parts is missing"},
		{text: "", says: "number of parts is missing"},
		{text: "auto", says: "no task of a scheduler"},
		{text: "auto", env: map[string]string{kubernetesID: "2"}, says: "auto/N"},
		{text: "auto", env: map[string]string{slurmID: "1"}, says: "auto/N"},
		{text: "auto/4", env: map[string]string{kubernetesID: "4"}, says: "part 4 of 4"},
		{text: "auto/4", env: map[string]string{kubernetesID: "x"}, says: "a whole number is needed"},
		{text: "auto/4", env: map[string]string{kubernetesID: "1", slurmID: "1"}, says: "both"},
		{text: "auto/4", env: map[string]string{slurmID: "1", slurmCount: "5"}, says: "has 5 tasks"},
		{text: "auto", env: map[string]string{slurmID: "3", slurmFirst: "2", slurmCount: "5", slurmStep: "2"}, says: "in steps of 2"},
		{text: "auto", env: map[string]string{slurmID: "1", slurmFirst: "2", slurmCount: "5"}, says: "from 2 on"},
		{text: "auto", env: map[string]string{slurmID: "4611686018427387903", slurmCount: "4611686018427387904"}, says: "at most 100000 parts"},
	} {
		s, err := parseShard(c.text, func(name string) string { return c.env[name] })
		switch {
		case c.says != "":
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q with %v: %v, %v; want an error with %q", c.text, c.env, s, err, c.says)
			}
		case err != nil || s != shard{c.index, c.of}:
			t.Errorf("%q with %v: %v, %v; want %d of %d", c.text, c.env, s, err, c.index, c.of)
		}
	}
}

func TestShardsCoverAllOnce(t *testing.T) {
	for _, n := range []int{0, 1, 5, 1000, sampler.MaxCount} {
		for _, of := range []int{1, 2, 3, 7, 1001, maxShards} {
			next := 0
			for i := range of {
				from, to := shard{i, of}.span(n)
				if from != next || to < from || to-from > n/of+1 {
					t.Fatalf("%d images in %d parts: part %d is %d to %d, after %d", n, of, i, from, to, next)
				}
				next = to
			}
			if next != n {
				t.Fatalf("%d images in %d parts: they end at %d", n, of, next)
			}
		}
	}
}
