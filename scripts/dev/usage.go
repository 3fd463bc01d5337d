package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// ticks is how many clock ticks /proc counts in a second (USER_HZ, 100 on every Linux that runs Go).
const ticks = 100

// usage returns a process's resident memory in KiB and its processor time in seconds, zero for a
// process that is gone. See proc(5).
func usage(pid int) (rss int, cpu float64) {
	if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid)); err == nil {
		if f := bytes.Fields(text); len(f) > 1 {
			pages, _ := strconv.Atoi(string(f[1]))
			rss = pages * (os.Getpagesize() / 1024)
		}
	}
	if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
		// The name, in brackets, may hold anything; utime and stime are the 12th and 13th after it.
		if i := bytes.LastIndexByte(text, ')'); i >= 0 {
			if f := bytes.Fields(text[i+1:]); len(f) > 12 {
				user, _ := strconv.Atoi(string(f[11]))
				system, _ := strconv.Atoi(string(f[12]))
				cpu = float64(user+system) / ticks
			}
		}
	}
	return rss, cpu
}
