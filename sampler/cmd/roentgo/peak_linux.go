package main

import (
	"os"
	"strconv"
	"strings"
)

// peakMemory is the most memory, in MB (10⁶ bytes), that was resident of this
// process at a time: the kernel's VmHWM. Code and other pages of files count.
func peakMemory() float64 { return memory("VmHWM:") }

// memory reads a line of /proc/self/status; 0 where it cannot be had.
func memory(name string) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(status), "\n") {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == name {
			kB, err := strconv.ParseFloat(fields[1], 64)
			if err != nil {
				return 0
			}
			return kB * 1024 / 1e6
		}
	}
	return 0
}
