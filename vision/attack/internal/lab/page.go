package lab

import (
	"fmt"
	"io"
	"strings"
)

// legend is what a stranger has to know to read the table.
const legend = `**What blur may tell.** Blurred glass is drawn from 216 bytes, the mean colours of 16x9 cells, sent once a delivery.
They are meant to be seen, and they tell something: by them one home is known from a hundred others, somebody on the
left is told from somebody on the right, and letters two cells high are read. So a high figure beside "holds" is no
failure. Each of blur's figures is held against what the same attack finds, on the same trials, when it is given those
216 bytes and nothing else ("the tint's"): blur holds if it tells no more. Frosted glass may tell nothing, and is held
against guessing.

**What the controls are for.** Every attack is done on a weaker redaction too, one that others use or a mistake that
is easily made: a mosaic, a Gaussian blur, a mask that is one pixel short. There it has to break. If it does not, the
attack was no test, and the run fails.

| verdict | what it says |
| --- | --- |
| holds | the glass tells no more than it may |
| breaks | a control, on which the attack works as well as it has to |
| told | a figure that nothing is promised of |
| in capitals | the run has failed: the glass tells more than it may, or the attack was no test |

- **of** is how many trials the figure rests on.
- **95 % interval** is exact (Clopper and Pearson) for shares, for counts, of which it is that of the share, and for
  advantages. For gains in dB, slopes and R² it is drawn from the trials themselves (a bootstrap). It is empty where
  there is none: for a highest value, or where all trials gave the same.
- **advantage** is 0 for who throws a coin and 1 for who always knows; **R²** is 0 for who knows the mean room
  only, and 1 for who sees.
- **p** is how likely a figure so high would be if the glass told no more than it may, after Holm's correction
  over all such figures of the run: 1 is nothing to see, below 0.01 it leaks. A figure that is held
  against chance "by itself" leaks below 0.01 before the correction too. It is empty where a figure is only held
  against a fixed limit.
`

// Page writes all of it for people to read: what was run, how the table is read, and the table. More is what else there
// is to say of the run.
func (r *Result) Page(w io.Writer, o Options, more string) {
	fmt.Fprintf(w, "# What attacks on the glass find\n\n%s\n\n%s\n", r.Summary(o, more), legend)
	r.Markdown(w)
}

// Summary says which form it was, with which seeds, and how many figures are not as they have to be.
func (r *Result) Summary(o Options, more string) string {
	form := "The full form"
	if o.Quick {
		form = "The quick form (few trials)"
	}
	seeds := "seed"
	if len(o.Seeds) > 1 {
		seeds = "seeds"
	}
	return fmt.Sprintf("%s, %s %s: %d figures, %d of them not as they have to be.%s",
		form, seeds, strings.ReplaceAll(strings.Trim(fmt.Sprint(o.Seeds), "[]"), " ", ", "), len(r.Rows), len(r.Bad()), more)
}
