package challenge

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"testing/iotest"
	"time"
)

// The lamp never flashes more than three times in a second, though its timer may be late, and what it shows
// cannot be foretold.
func TestDealer(t *testing.T) {
	const length = 4 * time.Hour
	r := rand.New(rand.NewPCG(19, 20))
	d := NewDealer(random{r})
	var changes []time.Duration
	n, lit, free, turned, run, longest, most := 0, 0, 0, 0, 0, 0, 0
	was := false
	for at := time.Duration(0); at < length; at += Period {
		free += map[bool]int{true: 1}[d.free() && d.run < MaxRun]
		now, err := d.Next()
		if err != nil {
			t.Fatal(err)
		}
		n++
		run++
		if now {
			lit++
		}
		if now != was {
			was, run = now, 1
			turned++
			changes = append(changes, at+time.Duration(r.IntN(40))*ms)
			for len(changes) > 0 && changes[0] < changes[len(changes)-1]-time.Second {
				changes = changes[1:]
			}
			most = max(most, len(changes))
		}
		longest = max(longest, run)
	}
	p := change / 256.0
	bits := -p*math.Log2(p) - (1-p)*math.Log2(1-p)
	t.Logf("%.1f changes a second in the mean and %d at most; %d equal chips; %.1f bits a second",
		float64(turned)/length.Seconds(), most, longest, bits*float64(free)/length.Seconds())
	if most > Changes {
		t.Errorf("%d changes within a second: more than three flashes", most)
	}
	if longest > second-Changes+1 {
		t.Errorf("%d equal chips in a row", longest)
	}
	if share := float64(lit) / float64(n); share < 0.48 || share > 0.52 {
		t.Errorf("lit for %.1f %% of the time", 100*share)
	}
}

func TestDealerWithoutChance(t *testing.T) {
	broken := errors.New("no chance left")
	if _, err := NewDealer(iotest.ErrReader(broken)).Next(); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}
