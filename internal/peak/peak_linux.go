package peak

import (
	"os"
	"strconv"
	"strings"
)

// Memory returns the most memory, in bytes, that this process has had resident:
// the kernel's VmHWM. Code and other pages of files count. It returns 0 where
// the system does not report it.
func Memory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "VmHWM:" {
			kB, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				return 0
			}
			return kB << 10
		}
	}
	return 0
}
