package e2e

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"vestibule/hub/wire"
)

// reach is what a stream says of whether the device can be reached.
type reach struct {
	Online bool      `json:"online"`
	Since  time.Time `json:"since"`
	at     time.Time // when it came
}

// reaches follows the stream that an owner's page follows.
func (p *phone) reaches() <-chan reach {
	p.t.Helper()
	client := http.Client{Jar: p.http.Jar}
	resp, err := client.Get(p.d.hub + "/api/events")
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = resp.Body.Close() })
	all := make(chan reach, 64)
	go func() {
		defer close(all)
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 1<<20)
		for event := ""; lines.Scan(); {
			if e, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				event = e
			}
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			r := reach{at: time.Now()}
			if ok && event == "online" && json.Unmarshal([]byte(data), &r) == nil {
				all <- r
			}
		}
	}()
	return all
}

// next waits for the next word, and checks what it is.
func (p *phone) next(all <-chan reach, online bool) reach {
	p.t.Helper()
	select {
	case r, ok := <-all:
		if !ok || r.Online != online {
			p.t.Fatalf("told %+v", r)
		}
		return r
	case <-time.After(patience):
		p.t.Fatalf("nothing is told, want online: %v", online)
		return reach{}
	}
}

// The network goes in an open window, at moments that differ, and the owner is told within 2 s, with since when; while it
// is there nothing is told falsely. VESTIBULE_NOTICES says how often: 5 times without it.
func TestALostLinkIsTold(t *testing.T) {
	n := 5
	if v, err := strconv.Atoi(os.Getenv("VESTIBULE_NOTICES")); err == nil {
		n = v
	}
	d := startDesk(t, "-size", "640x480", "-fps", "15")
	p := pairedPhone(t, d)
	start := d.mark()
	p.plan(0, time.Hour, nil)
	d.event(start, wire.WindowOpened)
	all := p.reaches()
	p.next(all, true)
	var took, wrong []time.Duration
	for i := range n {
		time.Sleep(2*time.Second + time.Duration(i)*170*time.Millisecond%time.Second)
		if len(all) > 0 {
			t.Errorf("told falsely: %+v", <-all)
		}
		begun := time.Now()
		d.post("/api/plug", map[string]any{"name": "network", "in": false})
		pulled := time.Now()
		r := p.next(all, false)
		took = append(took, r.at.Sub(begun))
		wrong = append(wrong, r.Since.Sub(begun).Abs())
		if late := r.at.Sub(pulled); late > 2*time.Second {
			t.Errorf("told %v after the network went", late)
		}
		time.Sleep(time.Second)
		d.post("/api/plug", map[string]any{"name": "network", "in": true})
		p.next(all, true)
	}
	slices.Sort(took)
	slices.Sort(wrong)
	t.Logf("%d times: told after %v at the median, %v at the most; since when is off by %v at the most", n, took[n/2].Round(time.Millisecond),
		took[n-1].Round(time.Millisecond), wrong[n-1].Round(time.Millisecond))
}
