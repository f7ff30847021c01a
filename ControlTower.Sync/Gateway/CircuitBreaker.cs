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

/// <summary>A call that has begun: what its end says is told with it.</summary>
/// <param name="Era">The state in which it began, counted. What ends in a later one says nothing about that.</param>
/// <param name="Probe">The one call that a half-open door lets through.</param>
public readonly record struct BreakerTicket(int Era, bool Probe);

/// <summary>
/// Keeps us from knocking at a door that does not open. Trips on the share of failures among the last calls; after a pause that doubles with each failed probe it lets one call
/// through at a time: cheap tests first, so that an outage costs no delivery anything, and real work last, because a target that can be read need not be able to post. A refusal by the target's business is an answer, not a failure; a call that we cancelled is neither; nor is one that
/// began before the door last changed: it neither frees the place of the probe nor counts as one.
/// </summary>
public sealed class CircuitBreaker(BreakerRule rule, TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly SteadyClock steady = new(clock);
    private readonly Queue<bool> last = new();
    private TimeSpan pause = rule.First;
    private bool probing;
    private int era;

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

    /// <summary>
    /// A call that was admitted starts. False if a probe is under way already: several may have been admitted before the first of them began, and only one may go. Who goes all the same, because a
    /// person asked, tells its end with the ticket, too.
    /// </summary>
    public bool TryBegin(out BreakerTicket ticket)
    {
        lock (gate)
        {
            var free = State != BreakerState.HalfOpen || !probing;
            ticket = new BreakerTicket(era, Probe: free && State == BreakerState.HalfOpen);
            probing |= ticket.Probe;
            return free;
        }
    }

    /// <summary>A call ended by our own cancellation: it says nothing about them.</summary>
    public void Abandoned(BreakerTicket call)
    {
        lock (gate)
        {
            Ended(call);
        }
    }

    public void Succeeded(BreakerTicket call)
    {
        lock (gate)
        {
            if (!Ended(call))
            {
                return;
            }

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

    public void Failed(BreakerTicket call, string reason)
    {
        lock (gate)
        {
            if (!Ended(call))
            {
                return;
            }

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
                Become(BreakerState.Open, reason);
                (Since, NextProbeAt) = (since, steady.Now);
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

        (State, Reason, probing) = (state, reason, false);
        era++;
    }

    // False: it began in another state, and says nothing about this one.
    private bool Ended(BreakerTicket call)
    {
        if (call.Era != era)
        {
            return false;
        }

        probing &= !call.Probe;
        return true;
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
