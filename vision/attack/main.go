// Attack tries to learn what the glass hides, by every way that is known to work on weaker redactions, and
// shows that it fails here and succeeds there.
//
// It attacks the redactor as it is shipped: frames of procedural rooms go in, what would be given to the
// encoder comes out, and the attacker has that, the program, the delivery's nonce, the zone, the camera's
// motion, the letters' font and as many rooms of his own as he likes. What he does not have is the room.
//
// Each attack is done on the glass in both modes and, in the same run, on a positive control: a redaction
// that is known to be weak. If the control does not break, the attack was no test, and the run fails. It
// fails too if frosted glass tells more than chance, or blurred glass more than the 216 bytes of its tint.
//
// The table goes to the terminal and, with the pictures, to a folder:
//
//	attack.md    the table
//	attack.png   for every attack, the best that was found beside the truth
//
// # Non-goals
//
// Light that falls from the interior on the doorway is in the zone, and is shown. What a real sensor and
// its automatic exposure do before the first frame buffer cannot be seen from here. The network's packets
// are not looked at: what is not in the picture and not in the access units' sizes is not in them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"vestibule/vision/attack/internal/attacks"
	"vestibule/vision/attack/internal/lab"
	"vestibule/vision/attack/internal/subject"
)

func main() {
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := attack(ctx, os.Args[1:])
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		fmt.Fprintln(os.Stderr, "attack:", err)
		return 2
	}
	fmt.Fprintln(os.Stderr, "attack:", err)
	return 1
}

var errUsage = errors.New("bad flags")

func attack(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == attacks.Digests { // R0 asks this of a program that shares nothing with it
		return attacks.WriteDigests(os.Stdout, args[1:])
	}
	flags := flag.NewFlagSet("attack", flag.ContinueOnError)
	quick := flags.Bool("quick", false, "few trials and one seed: under two minutes")
	rehearse := flags.Bool("rehearse", false, "only see that every attack runs and that what several seeds find can be put together; the full form begins with it")
	only := flags.String("only", "", "the attacks to do, by their numbers: R3,R5")
	seed := flags.Uint64("seed", 1, "the first seed; the full form uses the two after it as well")
	weak := flags.Bool("weak", false, "attack weaker redactions in place of the glass, to see that the suite notices: the run has to fail")
	out := flags.String("o", filepath.Join(".run", "attack"), "the folder for the table and the pictures")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	todo, err := choose(attacks.All(), *only)
	if err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%w: %q is no flag", errUsage, flags.Arg(0))
	}
	if err := os.MkdirAll(*out, 0o755); err != nil {
		return err
	}
	o := lab.Shipped()
	if *weak {
		o.Frosted, o.Blur = renamed("frosted", subject.Blur()), renamed("blur", subject.Mosaic(8))
	}
	o.Quick, o.Seeds, o.Progress = *quick, []uint64{*seed, *seed + 1, *seed + 2}, os.Stderr
	if o.Quick {
		o.Seeds = o.Seeds[:1]
	}
	if at, err := os.Stderr.Stat(); err == nil {
		o.Terminal = at.Mode()&os.ModeCharDevice != 0
	}
	if *rehearse || !o.Quick {
		if err := lab.Rehearse(ctx, todo, o); err != nil || *rehearse {
			return err
		}
	}
	res, err := lab.Run(ctx, todo, o)
	if err != nil && len(res.Rows) > 0 { // an hour's work is not thrown away
		return errors.Join(err, report(res, o, " It ended early: "+err.Error()+".", *out))
	}
	if err != nil {
		return err
	}
	return report(res, o, "", *out)
}

// renamed passes one redaction off as another.
func renamed(name string, r subject.Redaction) subject.Redaction {
	r.Name = name
	return r
}

func choose(all []*lab.Attack, only string) ([]*lab.Attack, error) {
	if only == "" {
		return all, nil
	}
	var some []*lab.Attack
	for id := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(all, func(a *lab.Attack) bool { return strings.EqualFold(a.ID, strings.TrimSpace(id)) })
		if i < 0 {
			return nil, fmt.Errorf("%w: there is no attack %q", errUsage, id)
		}
		some = append(some, all[i])
	}
	return some, nil
}

// report writes the table and the sheet, and says whether all is well; more is what else there is to say.
func report(res *lab.Result, o lab.Options, more, out string) error {
	res.Text(os.Stdout)
	fmt.Fprintf(os.Stdout, "\n%s\n", res.Summary(o, more))

	var page strings.Builder
	res.Page(&page, o, more)
	table, picture := filepath.Join(out, "attack.md"), filepath.Join(out, "attack.png")
	if err := os.WriteFile(table, []byte(page.String()), 0o644); err != nil {
		return err
	}
	if err := res.Sheet.PNG(picture); err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "The table is in %s, the pictures are in %s.\n", table, picture)
	if bad := res.Bad(); len(bad) > 0 {
		return fmt.Errorf("%s on %s, %s: %s", bad[0].Attack.ID, bad[0].Subject, bad[0].Metric, bad[0].Verdict)
	}
	return nil
}
