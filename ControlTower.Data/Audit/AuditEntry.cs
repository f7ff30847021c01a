namespace ControlTower.Data.Audit;

/// <summary>Who acts. <paramref name="Id"/> is null for the tower itself. <paramref name="Role"/> is the role at that moment.</summary>
public sealed record Actor(Guid? Id, string Name, string Role, string? Address = null)
{
    /// <summary>The tower acting by itself, named by the part that acts, for example <c>retention</c>.</summary>
    public static Actor Tower(string part) => new(null, part, "tower");
}

/// <summary>What came of it. Written after the act, so it is the true one.</summary>
public enum AuditOutcome
{
    Done,
    Refused,
    Failed,
}

/// <summary>
/// One decision. <paramref name="Action"/> is a permission name (<c>area:resource:action</c>), <paramref name="Subject"/> says to what
/// (<c>account:4f…</c>, <c>connection:shopify-eu</c>). <paramref name="Detail"/> holds names and figures, never a secret, a payload or a customer.
/// </summary>
public sealed record AuditEntry(
    Actor Actor,
    string Action,
    string Subject,
    AuditOutcome Outcome = AuditOutcome.Done,
    string? Reason = null,
    IReadOnlyDictionary<string, string>? Detail = null);

/// <summary>An entry as stored, with its place in the chain.</summary>
public sealed record AuditRow(
    long Seq, DateTimeOffset At, Actor Actor, string Action, string Subject, string Outcome, string? Reason, string Detail, byte[] PrevHash, byte[] Hash);
