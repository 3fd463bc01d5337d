// Sim tries the lock's rule on bad days: many schedules of random ones, all of a bounded world,
// and, to try itself, the same on rules with a fault in them. `make sim` and `make
// sim-mutants` run it. The same seed finds the same.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"vestibule/firmware/gate/internal/sim"
	"vestibule/firmware/gate/internal/sim/mutants"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "sim:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("sim", flag.ContinueOnError)
	schedules := f.String("schedules", "1e7", "how many schedules, 0 for none")
	states := f.String("states", "4e6", "how many states of the bounded world at most, 0 for none")
	seed := f.Uint64("seed", 1, "which schedules")
	only := f.Int64("only", -1, "play this schedule alone, and tell it as it is")
	workers := f.Int("workers", runtime.NumCPU(), "how many at once")
	brief := f.Bool("brief", false, "say in one line what was broken, for whoever tries the simulator itself")
	faults := f.Bool("mutants", false, "try the simulator on rules with a fault in them")
	match := f.String("match", "", "of these, only those whose place or reason has this in it")
	if err := f.Parse(args); err != nil {
		return err
	}
	count, errCount := number(*schedules)
	most, errMost := number(*states)
	if err := errors.Join(errCount, errMost); err != nil {
		return err
	}
	switch {
	case *faults:
		return mutants.Run(ctx, mutants.Options{Seed: *seed, Workers: *workers, Match: *match, Out: os.Stdout})
	case *only >= 0:
		return tell(*seed, uint64(*only))
	case *brief:
		return briefly(ctx, *seed, count, *workers)
	}
	if err := search(ctx, *seed, count, *workers); err != nil {
		return err
	}
	return exhaust(ctx, most, *workers)
}

// number reads what people write for large numbers, as 1e9.
func number(s string) (uint64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v < 0 || v > 1e18 {
		return 0, fmt.Errorf("%q is no number of schedules or states", s)
	}
	return uint64(v), nil
}

func tell(seed, n uint64) error {
	f := sim.Fail(seed, n)
	if f == nil {
		fmt.Printf("All holds in schedule %d of seed %d.\n", n, seed)
		return nil
	}
	fmt.Print(sim.Story(f.Moves))
	return errors.New(f.Broken.String())
}

func briefly(ctx context.Context, seed, count uint64, workers int) error {
	r := sim.Search(ctx, seed, 0, count, workers, nil)
	if r.Failure == nil {
		fmt.Printf("%d\t\t\n", r.Schedules)
		return nil
	}
	fmt.Printf("%d\t%s\t%s\n", r.Failure.N, r.Failure.Broken.What, r.Failure.Broken.How)
	return nil
}

func search(ctx context.Context, seed, count uint64, workers int) error {
	if count == 0 {
		return nil
	}
	b := newBar("schedules", count)
	began, busy := time.Now(), cpu()
	r := sim.Search(ctx, seed, 0, count, workers, b.at)
	b.end()
	took, worked := time.Since(began), cpu()-busy
	if r.Failure != nil {
		short := sim.Shrink(r.Failure.Moves, r.Failure.Broken.What)
		fmt.Printf("Schedule %d of seed %d breaks an invariant (%d moves, %d when shortened):\n\n%s\n", r.Failure.N, seed, len(r.Failure.Moves), len(short), sim.Story(short))
		return fmt.Errorf("%s; again with -seed %d -only %d", r.Failure.Broken, seed, r.Failure.N)
	}
	per := float64(max(r.Schedules, 1))
	fmt.Printf("%d schedules of seed %d, %.1f steps each, %.0f %% of them open the door; all holds.\n", r.Schedules, seed, float64(r.Steps)/per, 100*float64(r.Opened)/per)
	fmt.Printf("%v, %.0f schedules a second; of a core's own time %.0f a second, %.0f ns a step.\n", took.Round(time.Second/10), per/took.Seconds(),
		per/worked.Seconds(), float64(worked.Nanoseconds())/float64(max(r.Steps, 1)))
	return ctx.Err()
}

func exhaust(ctx context.Context, most uint64, workers int) error {
	if most == 0 {
		return nil
	}
	b := newBar("states", most)
	began := time.Now()
	e := sim.Exhaust(ctx, most, workers, func(states uint64, _ int) { b.at(states) })
	b.end()
	if e.Failure.What != sim.Holds {
		fmt.Printf("A state of the bounded world breaks an invariant:\n\n%s\n", sim.Story(e.Moves))
		return errors.New(e.Failure.String())
	}
	fmt.Printf("Bounded world: %s; all holds. %v\n", e, time.Since(began).Round(time.Second/10))
	return ctx.Err()
}

// cpu is how long this process has worked, on all cores together.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
