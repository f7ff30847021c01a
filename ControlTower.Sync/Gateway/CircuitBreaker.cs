namespace ControlTower.Sync.Gateway;

public enum BreakerState { Closed, Open, HalfOpen }

/// <param name="Window">How many of the last calls are judged.</param>
/// <param name="Least">Fewer calls than this are not judged.</param>
/// <param name="FailedShare">Share of failed calls that trips.</param>
/// <param name="Probes">Successes in a row that close it again.</param>
public sealed record BreakerRule(int Window = 20, int Least = 5, double FailedShare = 0.5, int Probes = 3, TimeSpan? FirstPause = null, TimeSpan? LongestPause = null)
{
    public TimeSpan First => FirstPause ?? TimeSpan.FromSeconds(5);

    public TimeSpan Longest => LongestPause ?? TimeSpan.FromSeconds(20);
}

/// <summary>
/// Keeps us from knocking at a door that does not open. Trips on the share of failures among the last calls; after a pause that doubles with each failed probe it lets one call
/// through at a time: cheap tests first, so that an outage costs no delivery anything, and real work last, because a target that can be read need not be able to post. A refusal by the target's business is an answer, not a failure; a call that we cancelled is neither.
/// </summary>
public sealed class CircuitBreaker(BreakerRule rule, TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly SteadyClock steady = new(clock);
    private readonly Queue<bool> last = new();
    private TimeSpan pause = rule.First;
    private bool probing;

    public BreakerState State { get; private set; } = BreakerState.Closed;

    public DateTimeOffset Since { get; private set; } = clock.GetUtcNow();

    public string? Reason { get; private set; }

    public int ProbesDone { get; private set; }

    public BreakerRule Rule => rule;

    public DateTimeOffset? NextProbeAt { get; private set; }

    /// <summary>Real work may be tried: all is well, or nothing but the last probe is missing.</summary>
    public bool AdmitsWork
    {
        get
        {
            lock (gate)
            {
                return State == BreakerState.Closed || (State == BreakerState.HalfOpen && ProbesDone >= rule.Probes - 1);
            }
        }
    }

    /// <summary>How many calls may start now, of <paramref name="free"/> that could.</summary>
    public int Admit(int free)
    {
        lock (gate)
        {
            if (State == BreakerState.Open && steady.Now >= NextProbeAt)
            {
                Become(BreakerState.HalfOpen, Reason);
                ProbesDone = 0;
            }

            return State switch
            {
                BreakerState.Closed => free,
                BreakerState.HalfOpen when !probing && free > 0 => 1,
                _ => 0,
            };
        }
    }

    /// <summary>A call that was admitted starts. False if a probe is under way already: several may have been admitted before the first of them began, and only one may go.</summary>
    public bool TryBegin()
    {
        lock (gate)
        {
            if (State == BreakerState.HalfOpen && probing)
            {
                return false;
            }

            probing = State == BreakerState.HalfOpen;
            return true;
        }
    }

    /// <summary>A call ended by our own cancellation: it says nothing about them.</summary>
    public void Abandoned()
    {
        lock (gate)
        {
            probing = false;
        }
    }

    public void Succeeded()
    {
        lock (gate)
        {
            probing = false;
            Remember(true);
            if (State == BreakerState.HalfOpen && ++ProbesDone >= rule.Probes)
            {
                last.Clear();
                pause = rule.First;
                NextProbeAt = null;
                Become(BreakerState.Closed, null);
            }
        }
    }

    public void Failed(string reason)
    {
        lock (gate)
        {
            probing = false;
            Remember(false);
            if (State == BreakerState.HalfOpen)
            {
                pause = pause * 2 > rule.Longest ? rule.Longest : pause * 2;
                Trip(reason);
            }
            else if (State == BreakerState.Closed && last.Count >= rule.Least && last.Count(ok => !ok) >= rule.FailedShare * last.Count)
            {
                Trip(reason);
            }
        }
    }

    /// <summary>A new owner starts where the last one stopped: an open door is tried again at once, with one call.</summary>
    public void Inherit(bool open, DateTimeOffset since, string? reason)
    {
        lock (gate)
        {
            if (open)
            {
                State = BreakerState.Open;
                Since = since;
                Reason = reason;
                NextProbeAt = steady.Now;
            }
        }
    }

    private void Trip(string reason)
    {
        NextProbeAt = steady.Now + pause;
        Become(BreakerState.Open, reason);
    }

    private void Become(BreakerState state, string? reason)
    {
        // "Open since" is when the trouble began, not when the last probe failed.
        if (!(state == BreakerState.Open && State == BreakerState.HalfOpen))
        {
            Since = clock.GetUtcNow();
        }

        State = state;
        Reason = reason;
    }

    private void Remember(bool ok)
    {
        last.Enqueue(ok);
        while (last.Count > rule.Window)
        {
            last.Dequeue();
        }
    }
}
