namespace ControlTower.Tests.Chaos.Wire;

internal enum WireFaultKind
{
    /// <summary>Nothing is wrong.</summary>
    Pass,

    /// <summary>Nobody listens; what was open is reset.</summary>
    Refuse,

    /// <summary>Connections are accepted and stay open; no byte passes until it is healed, then all of them do.</summary>
    HalfOpen,

    /// <summary>The request arrives, the other side acts and answers, and the asker gets a reset instead of the answer.</summary>
    LoseAnswer,

    /// <summary>As <see cref="LoseAnswer"/>, but the asker gets nothing at all and has to give up by itself.</summary>
    SwallowAnswer,

    /// <summary>PostgreSQL only: the server commits, and the reply to it is lost with the connection.</summary>
    LoseCommit,

    /// <summary>Reset after <see cref="WireFault.Bytes"/> bytes.</summary>
    Cut,

    /// <summary>A piece of <see cref="WireFault.Bytes"/> bytes each <see cref="WireFault.Pace"/>.</summary>
    Drip,

    /// <summary>Everything <see cref="WireFault.Pace"/> later.</summary>
    Delay,
}

[Flags]
internal enum Way
{
    /// <summary>From who asks to who answers.</summary>
    Up = 1,
    Down = 2,
    Both = Up | Down,
}

/// <param name="Connection">Number of the one connection that it concerns, counted from 1; null: every one, open or new.</param>
/// <param name="Times">How many connections it hits before it is over; null: it lasts until it is healed.</param>
internal sealed record WireFault(WireFaultKind Kind, Way Way = Way.Both, int? Connection = null, int? Times = null, int Bytes = 0, TimeSpan Pace = default)
{
    public static WireFault None { get; } = new(WireFaultKind.Pass);
}
