// Package mutants tries the simulator itself. It puts faults into copies of the rule, one at a
// time, builds the simulator with each (go build -overlay, so that no file is changed), and
// runs it. A fault that the simulator does not find is a hole in the simulator.
//
// A fault is a piece of text and another in its place; a misreading is one that the simulator's account shares. Run refuses one whose text is not
// there exactly once: a list that has grown old proves nothing. A fault that makes no
// difference which anybody could see does not belong in the list.
package mutants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"vestibule/firmware/gate/internal/sim"
)

// Options of a run.
type Options struct {
	Root    string // folder of go.mod; empty for the one at or above the working folder
	Seed    uint64
	Workers int
	Match   string // only faults whose place or reason has this in it
	Short   bool   // only a few
	Most    uint64 // schedules before a fault counts as not found; 0 for a million
	Out     io.Writer
}

// outcome of one fault.
type outcome struct {
	trial
	n         int // in the list
	err       error
	invariant string
	how       string
	schedule  uint64
	took      time.Duration
}

func (o *outcome) killed() bool { return o.err == nil && o.invariant != "" }

// trial is a fault of the rule, and of the account if that shares it.
type trial struct {
	fault
	account fault
}

// parts are what is changed, by file.
func (t *trial) parts() map[string]fault {
	all := map[string]fault{filepath.Join(place, t.file): t.fault}
	if t.account.file != "" {
		all[filepath.Join(accounts, t.account.file)] = t.account
	}
	return all
}

// Run tries the faults and tells of each what found it. It is an error if one is not found.
func Run(ctx context.Context, o Options) error {
	if o.Most == 0 {
		o.Most = 1_000_000
	}
	if o.Root == "" {
		var err error
		if o.Root, err = root(); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp("", "vestibule-mutants-")
	if err != nil {
		return fmt.Errorf("mutants: %w", err)
	}
	defer os.RemoveAll(dir)
	chosen := choose(o)
	if err := fit(o.Root, chosen); err != nil {
		return err
	}
	results := make(chan outcome)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range max(o.Workers, 1) {
		wg.Go(func() {
			for ctx.Err() == nil {
				n := int(next.Add(1)) - 1
				if n >= len(chosen) {
					return
				}
				results <- try(ctx, &o, dir, n, chosen[n])
			}
		})
	}
	go func() {
		wg.Wait()
		close(results)
	}()
	done, killed := 0, 0
	var left []outcome
	for r := range results {
		done++
		if r.killed() {
			killed++
		} else {
			left = append(left, r)
		}
		tell(o.Out, done, len(chosen), &r)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	fmt.Fprintf(o.Out, "%d of %d faults were found.\n", killed, len(chosen))
	if len(left) == 0 {
		return nil
	}
	all := make([]error, len(left))
	for i := range left {
		all[i] = fmt.Errorf("not found: %s: %s", left[i].file, left[i].why)
		if left[i].err != nil {
			all[i] = fmt.Errorf("%s: %s: %w", left[i].file, left[i].why, left[i].err)
		}
	}
	return errors.Join(all...)
}

func tell(out io.Writer, done, of int, r *outcome) {
	switch {
	case r.err != nil:
		fmt.Fprintf(out, "%3d/%d  ERROR      %s: %s: %v\n", done, of, r.file, r.why, r.err)
	case r.invariant == "":
		fmt.Fprintf(out, "%3d/%d  NOT FOUND  %s: %s (in %d schedules, %v)\n", done, of, r.file, r.why, r.schedule, r.took.Round(time.Second/10))
	default:
		fmt.Fprintf(out, "%3d/%d  found after %7d schedules by %q: %s: %s\n", done, of, r.schedule+1, r.invariant, r.file, r.why)
	}
}

func choose(o Options) []trial {
	var chosen []trial
	for _, f := range all() {
		if (!o.Short || f.short) && (strings.Contains(f.file, o.Match) || strings.Contains(f.why, o.Match)) {
			chosen = append(chosen, f)
		}
	}
	return chosen
}

// all are the faults of the rule alone, and those that the account shares.
func all() []trial {
	var all []trial
	for _, f := range faults {
		all = append(all, trial{fault: f})
	}
	for _, m := range misreadings {
		all = append(all, trial{m.rule, m.account})
	}
	return all
}

const (
	place    = "firmware/gate/internal/rule"
	accounts = "firmware/gate/internal/sim"
)

// fit checks that each fault still fits the rule as it is.
func fit(root string, all []trial) error {
	var errs []error
	for _, t := range all {
		for path, f := range t.parts() {
			text, err := os.ReadFile(filepath.Join(root, path))
			if err != nil {
				return fmt.Errorf("mutants: %w", err)
			}
			if n := strings.Count(string(text), f.old); n != 1 {
				errs = append(errs, fmt.Errorf("mutants: %s: %q is there %d times, and has to be there once: %s", f.file, f.old, n, t.why))
			}
		}
	}
	return errors.Join(errs...)
}

// root is the folder of go.mod.
func root() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if mod := strings.TrimSpace(string(out)); err == nil && filepath.Base(mod) == "go.mod" {
		return filepath.Dir(mod), nil
	}
	return "", fmt.Errorf("mutants: not in a checkout of Vestibule: %w", err)
}

// try builds the simulator with one fault, and runs it.
func try(ctx context.Context, o *Options, dir string, n int, f trial) outcome {
	r := outcome{trial: f, n: n}
	began := time.Now()
	r.err = func() error {
		program, err := build(ctx, o.Root, filepath.Join(dir, strconv.Itoa(n)), &f)
		if err != nil {
			return err
		}
		defer os.Remove(program)
		out, err := exec.CommandContext(ctx, program, "-brief", "-workers", "1", "-seed", strconv.FormatUint(o.Seed, 10), "-schedules", strconv.FormatUint(o.Most, 10)).Output()
		if err != nil {
			return fmt.Errorf("the simulator with this fault: %w", err)
		}
		parts := strings.SplitN(strings.TrimRight(string(out), "\n"), "\t", 3)
		if len(parts) != 3 {
			return fmt.Errorf("the simulator with this fault says %q", out)
		}
		r.invariant, r.how = parts[1], parts[2]
		if r.schedule, err = strconv.ParseUint(parts[0], 10, 64); err != nil {
			return err
		}
		if f.account.file != "" && r.invariant != "" && r.invariant != sim.Within.String() {
			return fmt.Errorf("found by %q, %s: the account does not share it", r.invariant, r.how)
		}
		return nil
	}()
	r.took = time.Since(began)
	return r
}

// build makes the simulator with a fault, in a folder of its own.
func build(ctx context.Context, root, dir string, f *trial) (string, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	replace := map[string]string{}
	for file, part := range f.parts() {
		path := filepath.Join(root, file)
		text, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		replace[path] = filepath.Join(dir, part.file)
		if err := os.WriteFile(replace[path], []byte(strings.Replace(string(text), part.old, part.new, 1)), 0o600); err != nil {
			return "", err
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		return "", err
	}
	program := filepath.Join(dir, "sim")
	c := exec.CommandContext(ctx, "go", "build", "-overlay", list, "-o", program, "./firmware/gate/sim")
	c.Dir = root
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("it does not build: %w\n%s", err, out)
	}
	return program, nil
}
