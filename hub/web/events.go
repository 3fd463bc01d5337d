package web

import (
	"net/http"
	"time"

	"vestibule/hub/house"
	"vestibule/hub/wire"
)

type onlineNews struct {
	Device string `json:"device"`
	Online bool   `json:"online"`
}

type stateNews struct {
	Device string      `json:"device"`
	State  *wire.State `json:"state"`
}

// getEvents streams what happens to the owner's devices: first how they are, then what
// changes. A page that can't keep up is dropped, comes back, and is right again at once.
func (s *Server) getEvents(w http.ResponseWriter, r *http.Request) {
	owner, err := s.owner(r)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	done, ok := s.streams.take(owner, ownerStreams)
	if !ok {
		s.writeError(w, r, errOften)
		return
	}
	defer done()
	_, devices, err := s.house.Owner(r.Context(), owner)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	mine := map[string]bool{}
	for _, d := range devices {
		mine[d.ID] = true
	}
	follower := s.house.Follow(func(n house.News) bool {
		return mine[n.Device] && (n.Status == nil || n.Status.Owner == owner)
	})
	defer follower.Close()

	st, err := openStream(w)
	for _, d := range devices {
		p := s.house.Presence(d.ID)
		if err == nil {
			err = st.send("online", onlineNews{d.ID, p.Online})
		}
		if err == nil && p.State != nil {
			err = st.send("state", stateNews{d.ID, p.State})
		}
	}
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for err == nil {
		select {
		case n, ok := <-follower.C:
			if !ok {
				return
			}
			err = sendNews(st, n)
		case <-tick.C:
			if _, err := s.owner(r); err != nil {
				return // logged out, or the session is over
			}
			err = st.beat()
		case <-r.Context().Done():
			return
		}
	}
	s.log.Debug("a page stopped listening", "error", err)
}

func sendNews(st *stream, n house.News) error {
	switch {
	case n.Online != nil:
		return st.send("online", onlineNews{n.Device, *n.Online})
	case n.State != nil:
		return st.send("state", stateNews{n.Device, n.State})
	case n.Event != nil:
		return st.send("event", n.Event)
	case n.Status != nil:
		return st.send("delivery", show(*n.Status))
	}
	return nil
}
