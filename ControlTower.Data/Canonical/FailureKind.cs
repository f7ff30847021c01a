namespace ControlTower.Data.Canonical;

/// <summary>Why something failed. Decided once, in the connector that saw it; everything above goes by this.</summary>
public enum FailureKind
{
    /// <summary>A value that the target does not accept.</summary>
    Value,

    /// <summary>Something the target needs does not exist there: SKU, customer, tax code, location.</summary>
    Missing,

    /// <summary>The target cannot be reached or will not let us in.</summary>
    Connection,

    /// <summary>The target failed by itself; the same call may work later.</summary>
    Intermittent,

    RateLimit,
    TooLarge,

    /// <summary>Bytes that cannot be read as what they claim to be.</summary>
    Parse,

    Duplicate,

    /// <summary>A system spoke about data that it does not own.</summary>
    Ownership,

    /// <summary>A rule of the target's business: closed period, blocked customer.</summary>
    Refused,

    /// <summary>Sent, no answer, and a look-up could not decide.</summary>
    UnknownOutcome,
}
