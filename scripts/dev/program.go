package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	backoffLeast = 200 * time.Millisecond
	backoffMost  = 5 * time.Second
	healthy      = 10 * time.Second // a program that ran so long starts again without much ado
)

// program is one of the programs that the launcher starts, and starts again when it dies. One
// goroutine owns it.
type program struct {
	name  string
	bin   string
	args  []string
	dir   string
	files []*os.File // handed down from descriptor 3 on
	names []string   // what they are called
	wall  walls
	alone bool // behind the wall
	log   *journal
	spawn *spawner
	say   func(format string, a ...any) // tells a person

	want chan bool     // whether it should run
	kill chan struct{} // ends it, to be started again
	term chan time.Time
	done chan struct{}

	mu       sync.Mutex
	process  *os.Process // nil while it does not run
	restarts int
	frozen   bool
}

// begin starts the program and the goroutine that owns it.
func (p *program) begin() {
	p.want, p.kill, p.term, p.done = make(chan bool), make(chan struct{}), make(chan time.Time, 1), make(chan struct{})
	go p.run()
}

// status is what the desk shows of a program. PID is 0 while it does not run.
type status struct {
	Name     string  `json:"name"`
	PID      int     `json:"pid"`
	Restarts int     `json:"restarts"`
	RSS      int     `json:"rss_kb"`
	CPU      float64 `json:"cpu_s"`
}

func (p *program) status() status {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := status{Name: p.name, Restarts: p.restarts}
	if p.process != nil {
		s.PID = p.process.Pid
		s.RSS, s.CPU = usage(s.PID)
	}
	return s
}

// running reports whether the program runs.
func (p *program) running() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.process != nil
}

// Want says whether the program should run; if not, it is killed and stays so.
func (p *program) Want(on bool) {
	select {
	case p.want <- on:
	case <-p.done:
	}
}

// Kill kills the program; it starts again.
func (p *program) Kill() {
	select {
	case p.kill <- struct{}{}:
	case <-p.done:
	}
}

// Freeze stops the program where it stands, or lets it go on. It stays frozen if it is started again.
func (p *program) Freeze(on bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frozen = on
	return p.freeze()
}

// freeze applies frozen. Call with mu held.
func (p *program) freeze() error {
	if p.process == nil {
		return nil
	}
	sig := syscall.SIGCONT
	if p.frozen {
		sig = syscall.SIGSTOP
	}
	if err := p.process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("freeze %s: %w", p.name, err)
	}
	return nil
}

// Stop asks the program to end, kills it at the deadline, and returns when it is gone.
func (p *program) Stop(deadline time.Time) {
	select {
	case p.term <- deadline:
	default: // asked already
	}
	<-p.done
}

func (p *program) run() {
	defer close(p.done)
	var (
		cmd     *exec.Cmd
		exited  chan error
		started time.Time
		again   <-chan time.Time
		over    <-chan time.Time // the deadline of a stop
		wanted  = true
		ours    = false // its next death is our doing
		backoff = backoffLeast
	)
	for {
		if cmd == nil && wanted && again == nil {
			var err error
			if cmd, exited, err = p.start(); err != nil {
				p.say("%s does not start: %v", p.name, err)
				cmd, again = nil, time.After(backoff)
				backoff = min(2*backoff, backoffMost)
			}
			started, ours = time.Now(), false
		}
		select {
		case deadline := <-p.term:
			if cmd == nil {
				return
			}
			wanted, ours = false, true
			over = time.After(time.Until(deadline))
			p.signal(cmd, syscall.SIGCONT)
			p.signal(cmd, syscall.SIGTERM)
		case <-over:
			p.say("%s does not stop by itself: killed", p.name)
			p.signal(cmd, syscall.SIGKILL)
		case on := <-p.want:
			wanted, again, backoff = on, nil, backoffLeast
			if !on && cmd != nil {
				ours = true
				p.signal(cmd, syscall.SIGKILL)
			}
		case <-p.kill:
			if cmd != nil {
				ours, backoff = true, backoffLeast
				p.signal(cmd, syscall.SIGKILL)
			}
		case <-again:
			again = nil
			p.mu.Lock()
			p.restarts++
			p.mu.Unlock()
		case err := <-exited:
			p.gone(cmd)
			cmd, exited = nil, nil
			if over != nil {
				return
			}
			if !ours {
				p.say("%s ended (%s), its last words are in %s:%s", p.name, reason(err), p.log.path, p.log.last())
			}
			if !wanted {
				continue
			}
			if time.Since(started) > healthy {
				backoff = backoffLeast
			}
			again = time.After(backoff)
			backoff = min(2*backoff, backoffMost)
		}
	}
}

// start starts the program once.
func (p *program) start() (*exec.Cmd, chan error, error) {
	cmd := exec.Command(p.bin, p.args...)
	cmd.Dir = p.dir
	cmd.Env = p.environment()
	cmd.ExtraFiles = p.files
	cmd.Stdout, cmd.Stderr = p.log, p.log
	cmd.WaitDelay = time.Second // for output held open by something it left behind
	p.log.begin()
	if err := p.spawn.start(cmd, p.wall, p.alone); err != nil {
		return nil, nil, err
	}
	p.mu.Lock()
	p.process = cmd.Process
	if p.frozen {
		_ = p.freeze()
	}
	p.mu.Unlock()
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	return cmd, exited, nil
}

// environment is ours, with the sockets that are handed down as systemd says it (sd_listen_fds(3));
// LISTEN_PID is left out, as it cannot be known before the program runs.
func (p *program) environment() []string {
	var env []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "LISTEN_") && !strings.HasPrefix(e, "NOTIFY_SOCKET=") {
			env = append(env, e)
		}
	}
	if len(p.files) > 0 {
		env = append(env, fmt.Sprintf("LISTEN_FDS=%d", len(p.files)), "LISTEN_FDNAMES="+strings.Join(p.names, ":"))
	}
	return env
}

func (p *program) signal(cmd *exec.Cmd, sig os.Signal) {
	// A program that has just ended by itself is no error here.
	_ = cmd.Process.Signal(sig)
}

// gone forgets a dead process and ends what it may have left in its group.
func (p *program) gone(cmd *exec.Cmd) {
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	p.mu.Lock()
	p.process = nil
	p.mu.Unlock()
}

func reason(err error) string {
	if err == nil {
		return "with success, though nobody asked it to"
	}
	return err.Error()
}
