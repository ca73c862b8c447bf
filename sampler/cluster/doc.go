// Package cluster has examples of making many images on many machines: a Slurm
// job array and a Kubernetes Indexed Job, which its tests run.
package cluster
