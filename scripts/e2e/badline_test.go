package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// badLines are what is done to the packets between link and the browser, both ways: by nftables' random drop and its
// rate limit, which throws away what is too much, and by the kernel's token bucket (sch_tbf), which lets it wait for up
// to 400 ms. The round trip is this machine's own, next to nothing: no kernel module for delay is here.
var badLines = []struct {
	name       string
	nft, queue string
}{
	{name: "a good line"},
	{name: "5 % lost", nft: "numgen random mod 100 < 5 drop"},
	{name: "10 % lost", nft: "numgen random mod 100 < 10 drop"},
	{name: "20 % lost", nft: "numgen random mod 100 < 20 drop"},
	{name: "300 kbit/s, the rest waits", queue: "tbf rate 300kbit burst 3000 latency 400ms"},
	{name: "300 kbit/s, the rest is lost", nft: "limit rate over 37500 bytes/second burst 6000 bytes drop"},
	{name: "a good line again"},
}

// ageing reads, twenty times a second, how old the picture is that the page shows: by the clock's squares in it.
const ageing = `(() => {
	const v = document.querySelector('[data-testid="video"]'), p = document.querySelector('[data-testid="picture"]');
	const c = new OffscreenCanvas(320, 64).getContext('2d', { willReadFrequently: true });
	const s = window.ageing = { ages: [], frames: 0, covered: 0, looked: 0 };
	let stamp = null;
	const shown = () => {
		if (window.ageing !== s) return;
		s.frames++;
		c.drawImage(v, 0, 0, 320, 64, 0, 0, 320, 64);
		const d = c.getImageData(0, 0, 320, 64).data;
		stamp = 0;
		for (let bit = 0; bit < 20; bit++) if (d[4 * (((bit / 10) | 0) * 32 * 320 + 16 * 320 + (bit % 10) * 32 + 16)] > 125) stamp |= 1 << bit;
		v.requestVideoFrameCallback(shown);
	};
	v.requestVideoFrameCallback(shown);
	const look = setInterval(() => {
		if (window.ageing !== s) return clearInterval(look);
		s.looked++;
		if (p.dataset.live !== 'yes') s.covered++;
		else if (stamp !== null) s.ages.push((Date.now() % (1 << 20) - stamp + (1 << 20)) % (1 << 20));
	}, 50);
})()`

type aged struct {
	Ages                    []int
	Frames, Covered, Looked int
}

// spoil lays a bad line over this network namespace, or takes it away.
func spoil(t *testing.T, nft, queue string) {
	t.Helper()
	run := func(may bool, in string, args ...string) {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Stdin = strings.NewReader(in)
		if out, err := cmd.CombinedOutput(); err != nil && !may {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	run(true, "", "tc", "qdisc", "del", "dev", "lo", "root")
	const udp = "oif lo meta l4proto udp "
	rules := "table inet line\ndelete table inet line\ntable inet line {\n chain out {\n type filter hook output priority 0;\n" + udp + "counter\n"
	if nft != "" {
		rules += udp + nft + "\n"
	}
	if queue != "" { // the little that the pages say by TCP waits in it, too
		run(false, "", append([]string{"tc", "qdisc", "add", "dev", "lo", "root"}, strings.Fields(queue)...)...)
	}
	run(false, rules+" }\n}\n", "nft", "-f", "-")
}

// sent is how many bytes of UDP went out since the line was spoilt.
func sent(t *testing.T) float64 {
	t.Helper()
	out, err := exec.Command("nft", "-j", "list", "chain", "inet", "line", "out").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(out, []byte(`"bytes": `))
	var n float64
	if err := json.NewDecoder(bytes.NewReader(rest)).Decode(&n); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return n
}

// The real programs and a real browser on bad lines. It wants a network namespace of its own, and root in it:
// scripts/badline makes one.
func TestBadLines(t *testing.T) {
	if os.Getenv("VESTIBULE_BADLINE") == "" {
		t.Skip("it wants a network namespace of its own: scripts/badline")
	}
	const span = 20 * time.Second
	s := begin(t, startDesk(t, "-clock", "-size", "1280x720"))
	s.plan("blur", time.Time{})
	s.live()
	for i, line := range badLines {
		spoil(t, line.nft, line.queue)
		time.Sleep(5 * time.Second) // the line is found out
		before, began := sent(t), time.Now()
		s.owner.eval(ageing, nil)
		time.Sleep(span)
		var a aged
		s.owner.eval(`(() => { const s = window.ageing; window.ageing = null; return s; })()`, &a)
		kbit := (sent(t) - before) * 8 / 1000 / time.Since(began).Seconds()
		if len(a.Ages) == 0 {
			t.Errorf("%s: nothing was live", line.name)
			continue
		}
		slices.Sort(a.Ages)
		at := func(share int) int { return a.Ages[(len(a.Ages)-1)*share/100] }
		t.Logf("%-28s age %4d ms at the median, %4d at p95, %4d at the most; %4.1f pictures/s, %4.0f kbit/s, not live %.1f %% of the time",
			line.name, at(50), at(95), at(100), float64(a.Frames)/span.Seconds(), kbit, 100*float64(a.Covered)/float64(a.Looked))
		if at(95) >= 1000 {
			t.Errorf("%s: the picture is %d ms old at p95, want less than 1 s", line.name, at(95))
		}
		spoil(t, "", "") // a screenshot is large
		s.owner.shot(fmt.Sprintf("line-%d", i))
	}
}
