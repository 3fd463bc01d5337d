package web

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"vestibule/hub/house"
)

// dist is what the pages' sources in app are built into.
//
//go:embed all:dist
var dist embed.FS

// Times of the HTTP server. A request is small and quick, or a stream of events, which
// keeps its own time.
const (
	headerTime = 5 * time.Second
	readTime   = 15 * time.Second
	writeTime  = 30 * time.Second
	idleTime   = 60 * time.Second
	letterTime = 18 * time.Second // how long a device has to answer: it may be coming back (3 s), and a code may wait 8 s for the camera, 2 s for the disk, 4 s for a motor
	closeTime  = 5 * time.Second  // how long requests have to end when the server does
)

// Config is what a Server needs.
type Config struct {
	House    *house.House
	Sessions house.Sessions
	Origin   string // how the pages are reached besides loopback, as https://home.example; may be empty
	Relay    Relay  // nil when there is none
	Now      func() time.Time
	Log      *slog.Logger
}

// Server serves the API and the pages on one listener.
type Server struct {
	house    *house.House
	sessions house.Sessions
	relay    Relay
	now      func() time.Time
	log      *slog.Logger

	origins    map[string]string // by Host header
	challenges *challenges
	limits     *limits
	streams    *quota
	http       *http.Server
	ln         net.Listener
	silent     *silent
	stop       context.CancelFunc // ends every request
}

// New makes a server for a listener, which it owns from now on.
func New(c Config, ln net.Listener) (*Server, error) {
	origins, err := originsOf(ln.Addr(), c.Origin)
	if err != nil {
		return nil, err
	}
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, err
	}
	pages, err := loadPages(files)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Server{house: c.House, sessions: c.Sessions, relay: c.Relay, now: c.Now, log: c.Log, origins: origins, ln: ln,
		challenges: newChallenges(), limits: newLimits(), streams: newQuota(maxStreams), silent: &silent{}, stop: stop}
	s.http = &http.Server{
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ConnState:         s.silent.note,
		Handler:           s.guard(s.routes(pages)),
		ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime,
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       slog.NewLogLogger(c.Log.Handler(), slog.LevelWarn),
	}
	return s, nil
}

func (s *Server) routes(pages http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/letters/{device}", s.postLetter)
	mux.HandleFunc("GET /api/relay/{device}", s.getRelay)
	mux.HandleFunc("POST /api/login/challenge", s.postChallenge)
	mux.HandleFunc("POST /api/login", s.postLogin)
	mux.HandleFunc("POST /api/logout", s.postLogout)
	mux.HandleFunc("GET /api/me", s.getMe)
	mux.HandleFunc("POST /api/deliveries", s.postDelivery)
	mux.HandleFunc("GET /api/deliveries", s.getDeliveries)
	mux.HandleFunc("POST /api/orders", s.postOrder)
	mux.HandleFunc("POST /api/amendments", s.postAmendment)
	mux.HandleFunc("GET /api/log", s.getLog)
	mux.HandleFunc("GET /api/people", s.getPeople)
	mux.HandleFunc("POST /api/people", s.postWord)
	mux.HandleFunc("POST /api/invites", s.postInvite)
	mux.HandleFunc("GET /api/invites/{invite}", s.getInvite)
	mux.HandleFunc("POST /api/invites/{invite}/answer", s.postAnswer)
	mux.HandleFunc("POST /api/invites/{invite}/withdraw", s.postUninvite)
	mux.HandleFunc("GET /api/events", s.getEvents)
	mux.HandleFunc("GET /api/courier/{delivery}", s.getNotice)
	mux.HandleFunc("GET /api/courier/{delivery}/events", s.getVisit)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) { s.writeError(w, r, errNoRequest) })
	mux.Handle("/", pages)
	return mux
}

// Serve answers requests until Close.
func (s *Server) Serve() error {
	if err := s.http.Serve(s.ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("http: %w", err)
	}
	return nil
}

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.ln.Addr() }

// Close stops listening, ends requests and streams, and waits for them.
func (s *Server) Close() error {
	s.stop()
	s.silent.close()
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("http: requests were cut off: %w", err), s.http.Close())
	}
	if lnErr := s.ln.Close(); lnErr != nil && !errors.Is(lnErr, net.ErrClosed) { // not served yet
		err = errors.Join(err, lnErr)
	}
	return err
}

// silent knows the connections that have not asked for anything yet, as browsers open
// them in advance: a server that is shut down would wait for their first request.
type silent struct {
	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
}

// note is an http.Server's ConnState.
func (s *silent) note(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(s.conns, c)
	case s.closed:
		c.Close()
	default:
		if s.conns == nil {
			s.conns = map[net.Conn]struct{}{}
		}
		s.conns[c] = struct{}{}
	}
}

func (s *silent) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for c := range s.conns {
		c.Close()
	}
}

// originsOf lists the names of this server by Host header. Requests to any other name are
// refused: it may be a foreign one that was made to point to this machine (DNS
// rebinding), and its pages would count as ours.
func originsOf(addr net.Addr, origin string) (map[string]string, error) {
	_, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return nil, err
	}
	origins := map[string]string{}
	for _, name := range []string{"127.0.0.1", "localhost", "[::1]"} {
		host := name + ":" + port
		if port == "80" {
			origins[name] = "http://" + name
		}
		origins[host] = "http://" + strings.TrimSuffix(host, ":80")
	}
	if origin == "" {
		return origins, nil
	}
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Scheme+"://"+u.Host != origin {
		return nil, fmt.Errorf("origin %q is not like https://home.example", origin)
	}
	origins[u.Host] = origin
	return origins, nil
}
