namespace ControlTower.Data.ApiClients;

/// <summary>What a client may use up. What is exact is exact per node.</summary>
/// <param name="Operation">Of which operation; empty: of all of them together.</param>
/// <param name="PerSecond">Requests a second in the long run.</param>
/// <param name="Burst">Requests that may come in one moment after a pause.</param>
/// <param name="AtOnce">Requests that may be under way.</param>
/// <param name="PerDay">Requests of a day of UTC on all nodes together; null: no quota. Only where <paramref name="Operation"/> is empty.</param>
public sealed record ApiLimits(string Operation, int PerSecond, int Burst, int AtOnce, long? PerDay)
{
    /// <summary>What is wrong with them; null if nothing is.</summary>
    public string? Wrong() =>
        PerSecond is < 1 or > 10_000 ? "Requests a second: 1 to 10,000."
        : Burst is < 1 or > 100_000 ? "Burst: 1 to 100,000 requests."
        : AtOnce is < 1 or > 1_000 ? "At once: 1 to 1,000 requests."
        : PerDay is < 1 or > 1_000_000_000 ? "A day: 1 to 1,000,000,000 requests, or nothing for no quota."
        : Operation.Length > 0 && PerDay is not null ? "A quota of the day is for all operations together."
        : null;
}
