package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/hrnnc/hrnnc/internal/exttool"
)

const clusterModel = `model curves
input x : i8[1] / 32
steps 20
param U : int4[16, 1]   param b : [16]
param V : int4[10, 16]  param c : [10]
state h : int16[16]
h <- hadamard(h) + U*x + b
output class = argmax(V*relu(h) + c) at last
weights "weights.safetensors"
train { data = "curves(20)", sequences = 400; epochs = 3  batch = 20  rate = 0.01 }
`

// clusterSearch is a folder with a model, what a search of it on this machine finds, and the flags of that search.
func clusterSearch(t *testing.T, command string, epochs int) (dir string, flags []string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "model.hrn"), []byte(clusterModel), 0o666); err != nil {
		t.Fatal(err)
	}
	flags = []string{"--units", "8,16", "--block", "full,4", "--bits", "binary", "--budget", "2", "--halving", "--epochs", strconv.Itoa(epochs)}
	hrnncIn(t, dir, command, append([]string{"search", "model.hrn", "-o", "here"}, flags...)...)
	return dir, flags
}

func hrnncIn(t *testing.T, dir, command string, args ...string) {
	t.Helper()
	c := exec.Command(command, args...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
}

// sameSearch compares the tables, the report and the front of two searches.
func sameSearch(t *testing.T, got, want string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(want, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && d.Name() == "trials" {
				return filepath.SkipDir
			}
			return err
		}
		files++
		name, _ := filepath.Rel(want, path)
		a, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if b, err := os.ReadFile(filepath.Join(got, name)); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs: %v", name, err)
		}
		return nil
	})
	if err != nil || files < 6 {
		t.Errorf("%d files, %v", files, err)
	}
}

// TestKubernetesCommand runs the command of a manifest as Kubernetes would, a process an index, all at once, with a shell's path and
// JOB_COMPLETION_INDEX; again for each round.
func TestKubernetesCommand(t *testing.T) {
	command := buildCommand(t)
	dir, flags := clusterSearch(t, command, 4)
	hrnncIn(t, dir, command, append([]string{"search", "model.hrn", "--plan", "trials.jsonl", "--emit", "kubernetes", "--image", "x", "--shards", "3"}, flags...)...)
	text, err := os.ReadFile(filepath.Join(dir, "trials.kubernetes.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Spec struct {
			Completions int
			Template    struct {
				Spec struct {
					Containers []struct{ Command []string }
				}
			}
		}
	}
	if err := yaml.Unmarshal(text, &manifest); err != nil || manifest.Spec.Completions != 3 {
		t.Fatalf("%+v, %v", manifest, err)
	}
	words := manifest.Spec.Template.Spec.Containers[0].Command
	for range 3 { // rounds
		var pods sync.WaitGroup
		for i := range manifest.Spec.Completions {
			pods.Go(func() {
				c := exec.Command(words[0], words[1:]...)
				c.Dir = dir
				c.Env = append(os.Environ(), fmt.Sprintf("JOB_COMPLETION_INDEX=%d", i), "PATH="+filepath.Dir(command)+":"+os.Getenv("PATH"))
				if out, err := c.CombinedOutput(); err != nil {
					t.Errorf("index %d: %v\n%s", i, err, out)
				}
			})
		}
		pods.Wait()
	}
	sameSearch(t, filepath.Join(dir, "search"), filepath.Join(dir, "here"))
}

// cluster is Slurm on this machine alone: its daemons, and what its commands need in their environment.
type cluster struct {
	dir string
	env []string
}

// freePort is one that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skipf("skipped: no port can be listened on: %v", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// startCluster starts munged, slurmctld and slurmd with files of their own, and skips the test where they do not come up.
func startCluster(t *testing.T) *cluster {
	t.Helper()
	tools := []string{"/usr/sbin/munged", "/usr/sbin/slurmctld", "/usr/sbin/slurmd", "sbatch", "scontrol", "sinfo"}
	if missing := exttool.Missing(tools...); len(missing) > 0 {
		t.Skipf("skipped: no %s; apt-get install slurm-wlm munge", missing[0])
	}
	dir, err := os.MkdirTemp("", "slurm") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	me, err := user.Current()
	if err != nil {
		t.Skipf("skipped: the user has no name: %v", err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	host, _, _ = strings.Cut(host, ".")
	for _, name := range []string{"state", "spool"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	key := make([]byte, 1024)
	if _, err := rand.Read(key); err != nil {
		t.Fatal(err)
	}
	conf := fmt.Sprintf(`ClusterName=test
SlurmctldHost=%[1]s(127.0.0.1)
SlurmUser=%[2]s
SlurmdUser=%[2]s
AuthInfo=socket=%[3]s/munge.sock,cred_expire=5
SlurmctldPort=%[4]d
SlurmdPort=%[5]d
SlurmctldPidFile=%[3]s/slurmctld.pid
SlurmdPidFile=%[3]s/slurmd.pid
StateSaveLocation=%[3]s/state
SlurmdSpoolDir=%[3]s/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1
MpiDefault=none
ReturnToService=2
KillWait=1
NodeName=%[1]s NodeAddr=127.0.0.1 CPUs=2
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`, host, me.Username, dir, freePort(t), freePort(t))
	for name, text := range map[string]string{"munge.key": string(key), "slurm.conf": conf} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := &cluster{dir: dir, env: append(os.Environ(), "SLURM_CONF="+filepath.Join(dir, "slurm.conf"))}
	daemon := func(args ...string) {
		p := exec.Command(args[0], args[1:]...)
		p.Env, p.Dir = c.env, dir
		log, err := os.Create(filepath.Join(dir, filepath.Base(args[0])+".log"))
		if err != nil {
			t.Fatal(err)
		}
		p.Stdout, p.Stderr = log, log
		if err := p.Start(); err != nil {
			t.Skipf("skipped: %s does not start: %v", args[0], err)
		}
		t.Cleanup(func() {
			_ = p.Process.Signal(syscall.SIGTERM)
			ended := time.AfterFunc(10*time.Second, func() { _ = p.Process.Kill() })
			_ = p.Wait()
			ended.Stop()
			_ = log.Close()
		})
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	at := func(name string) string { return filepath.Join(dir, name) }
	daemon("/usr/sbin/munged", "--foreground", "--force", "--socket="+at("munge.sock"), "--key-file="+at("munge.key"), "--log-file="+at("munge.log"),
		"--pid-file="+at("munge.pid"), "--seed-file="+at("munge.seed"))
	within(t, 10*time.Second, func() bool { _, err := os.Stat(at("munge.sock")); return err == nil }, func() {
		t.Skip("skipped: munged does not come up here; as root it does")
	})
	daemon("/usr/sbin/slurmctld", "-D")
	daemon("/usr/sbin/slurmd", "-D", "-N", host)
	t.Cleanup(func() {
		_ = c.command("scancel", "--user", me.Username).Run()
		within(t, 20*time.Second, func() bool {
			out, err := c.command("squeue", "-h").Output()
			return err != nil || len(bytes.TrimSpace(out)) == 0
		}, func() {})
	})
	within(t, 60*time.Second, func() bool {
		out, err := c.command("sinfo", "-h", "-o", "%T").Output()
		return err == nil && strings.TrimSpace(string(out)) == "idle"
	}, func() {
		var last []string
		for _, name := range []string{"slurmctld.log", "slurmd.log"} {
			text, _ := os.ReadFile(at(name))
			lines := strings.Split(strings.TrimSpace(string(text)), "\n")
			last = append(last, lines[len(lines)-1])
		}
		t.Skipf("skipped: Slurm does not come up here (%s); run the test as root, in a container or on a machine where slurmd may start", strings.Join(last, "; "))
	})
	return c
}

func (c *cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = c.env
	return cmd
}

// within waits until something is so, and calls otherwise when it is not in the time.
func within(t *testing.T, d time.Duration, so func() bool, otherwise func()) {
	t.Helper()
	for end := time.Now().Add(d); !so(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			otherwise()
			return
		}
	}
}

// shardsIn are the processes of a command that do shards in a folder; both paths are without links.
func shardsIn(command, dir string) (pids []int) {
	procs, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range procs {
		exe, _ := os.Readlink(p + "/exe")
		cwd, _ := os.Readlink(p + "/cwd")
		args, _ := os.ReadFile(p + "/cmdline")
		if exe == command && cwd == dir && slices.Contains(strings.Split(string(args), "\x00"), "--shard") {
			pid, _ := strconv.Atoi(filepath.Base(p))
			pids = append(pids, pid)
		}
	}
	return pids
}

// real is a path without links.
func real(t *testing.T, path string) string {
	t.Helper()
	out, err := filepath.EvalSymlinks(path)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var arrayJob = regexp.MustCompile(`round 1: array job (\d+), merged by job (\d+)`)

// TestSlurmRunsASearch submits the script to a Slurm of its own: an array job and a merge by dependency, for each round of successive
// halving. While it runs, a program is killed, and a task taken off its node and queued again, as a node that is lost would have it. The
// result is that of one search on one machine.
func TestSlurmRunsASearch(t *testing.T) {
	c := startCluster(t)
	command := real(t, buildCommand(t))
	dir, flags := clusterSearch(t, command, 400)
	dir = real(t, dir)
	hrnncIn(t, dir, command, append([]string{"search", "model.hrn", "--plan", "trials.jsonl", "--emit", "slurm", "--shards", "3"}, flags...)...)
	c.env = append(c.env, "HRNNC="+command)
	submit := c.command("sh", filepath.Join(dir, "trials.slurm.sh"), "--comment=a b")
	out, err := submit.CombinedOutput()
	ids := arrayJob.FindSubmatch(out)
	if err != nil || ids == nil {
		t.Fatalf("%v\n%s", err, out)
	}
	failed := func() {
		queue, _ := c.command("squeue").CombinedOutput()
		logs, _ := filepath.Glob(filepath.Join(dir, "*.log"))
		for _, name := range logs {
			text, _ := os.ReadFile(name)
			queue = append(append(queue, filepath.Base(name)+":\n"...), text...)
		}
		t.Fatalf("%s", queue)
	}
	checkpoints := func() bool {
		found, _ := filepath.Glob(filepath.Join(dir, "search", "trials", "*", "checkpoint.safetensors"))
		return len(found) > 0
	}
	within(t, time.Minute, func() bool { return checkpoints() && len(shardsIn(command, dir)) > 0 }, failed)
	for _, pid := range shardsIn(command, dir) {
		_ = syscall.Kill(pid, syscall.SIGKILL) // one of this test's; it may be done already
		break
	}
	for i := 1; i <= 3; i++ { // one of them runs; others refuse
		if c.command("scontrol", "requeue", fmt.Sprintf("%s_%d", ids[1], i)).Run() == nil {
			break
		}
	}
	within(t, 4*time.Minute, func() bool { _, err := os.Stat(filepath.Join(dir, "search", "report.html")); return err == nil }, failed)
	restarts := 0
	for i := 1; i <= 3; i++ {
		shown, _ := c.command("scontrol", "show", "job", fmt.Sprintf("%s_%d", ids[1], i)).Output()
		if m := regexp.MustCompile(`Restarts=(\d+)`).FindSubmatch(shown); m != nil && string(m[1]) != "0" {
			restarts++
		}
	}
	if restarts == 0 {
		t.Error("no task was queued again")
	}
	within(t, time.Minute, func() bool {
		out, err := c.command("squeue", "-h").Output()
		return err == nil && len(bytes.TrimSpace(out)) == 0
	}, failed)
	sameSearch(t, filepath.Join(dir, "search"), filepath.Join(dir, "here"))
}
