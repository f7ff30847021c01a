using System.Text.Json.Nodes;

namespace ControlTower.Simulator.Stripe;

/// <summary>One movement of the balance, in cents of the account's currency.</summary>
/// <param name="Source">The object behind it; null where there is none.</param>
/// <param name="Rate">From the payment's currency into the account's; null if they are the same.</param>
internal sealed record CardEntry(string Id, DateTimeOffset Created, string Type, string Category, long Amount, long Fee, string Words, JsonObject? Source = null, decimal? Rate = null, string? Payout = null)
{
    public long Net => Amount - Fee;

    public string? SourceId => Source?["id"]?.GetValue<string>();
}

/// <summary>Money sent to the bank.</summary>
/// <param name="Ordinal">From 1, over the life of the account.</param>
/// <param name="Arrives">When it is at the bank, or comes back.</param>
/// <param name="Failure">The movement with which it came back; null if it did not.</param>
internal sealed record CardPayout(string Id, int Ordinal, long Amount, DateTimeOffset Created, DateTimeOffset Arrives, string Status, string? Failure)
{
    public string Trace => $"TRACE{Ordinal:D8}";
}

/// <summary>All that the account did up to a moment, oldest first.</summary>
internal sealed record CardLedger(IReadOnlyList<CardEntry> Entries, IReadOnlyList<CardPayout> Payouts);
