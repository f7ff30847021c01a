namespace ControlTower.Web.Live;

/// <summary>Why a panel has no fresh answer. <paramref name="Id"/> stands in the log as well.</summary>
public sealed record Fault(string Text, DateTimeOffset Since, string Id);

/// <summary>What a panel has: the last answer, when it came, and what went wrong since. An old answer stays while new ones fail.</summary>
public sealed record Shown<T>(T? Value, DateTimeOffset? At, Fault? Fault)
    where T : class
{
    public static Shown<T> Nothing { get; } = new(null, null, null);

    /// <summary>Neither an answer nor an error yet.</summary>
    public bool IsLoading => Value is null && Fault is null;
}
