using System.Globalization;

namespace ControlTower.Sync.Connectors.Stripe;

/// <summary>
/// Where a feed stands: <c>mark|from|started|after|payout|line</c> within a run, <c>mark</c> alone between runs; times in Unix seconds. Lists run from the newest to the oldest, so a run keeps where it
/// began and ends at, and the next one reaches back behind the beginning of this one.
/// </summary>
/// <param name="Mark">Where the run before began.</param>
/// <param name="From">The oldest that is read.</param>
/// <param name="After">Id after which the list goes on.</param>
/// <param name="Payout">The payout whose lines are being read; null between payouts.</param>
/// <param name="Line">Id after which its lines go on.</param>
internal sealed record StripeCursor(DateTimeOffset Mark, DateTimeOffset From, DateTimeOffset Started, string? After, string? Payout, string? Line)
{
    public long FromSeconds => From.ToUnixTimeSeconds();

    public static StripeCursor Of(FeedRequest request, DateTimeOffset now)
    {
        var parts = request.Cursor?.Split('|') ?? [];
        if (parts.Length == 6 && Time(parts[0]) is { } mark && Time(parts[1]) is { } from && Time(parts[2]) is { } started && parts[3..].All(p => p.Length == 0 || StripeId.IsOne(p)))
        {
            return new StripeCursor(mark, from, started, Or(parts[3]), Or(parts[4]), Or(parts[5]));
        }

        var reached = parts.Length == 1 && Time(parts[0]) is { } last ? last : request.Since;
        return new StripeCursor(reached, reached - request.Overlap, now, null, null, null);
    }

    /// <summary>What stands between runs, once this one is read to its end.</summary>
    public string End => Text(Started);

    public override string ToString() => string.Join('|', Text(Mark), Text(From), Text(Started), After, Payout, Line);

    private static string? Or(string part) => part.Length > 0 ? part : null;

    private static string Text(DateTimeOffset time) => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    private static DateTimeOffset? Time(string text)
        => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds) && seconds is > -62_135_596_800L and < 253_402_300_799L ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
}
