using ControlTower.Data.Kpis;

namespace ControlTower.Sync.Kpis;

/// <summary>How fast an error budget is spent.</summary>
public enum Burn
{
    None,

    /// <summary>A tenth of four weeks' budget would be gone in about half a day.</summary>
    Slow,

    /// <summary>A fiftieth of four weeks' budget is gone in an hour.</summary>
    Fast,
}

/// <summary>
/// Fast and slow burn by two windows each (Google, The Site Reliability Workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts"): the long one says that it matters, the short one that it still goes on, so that the
/// alert ends soon after its cause.
/// </summary>
public static class BurnRule
{
    public const double FastRate = 14.4;
    public const double SlowRate = 6;

    /// <summary>Fewer bad ones in the long window are chance.</summary>
    public const int Least = 5;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan SixHours = TimeSpan.FromHours(6);

    public static Burn Of(KpiBudget budget) =>
        Burns(budget, Hour, TimeSpan.FromMinutes(5), FastRate) ? Burn.Fast : Burns(budget, SixHours, TimeSpan.FromMinutes(30), SlowRate) ? Burn.Slow : Burn.None;

    private static bool Burns(KpiBudget budget, TimeSpan window, TimeSpan lately, double rate) =>
        budget.Burn(window) >= rate && budget.Burn(lately) >= rate && budget.Windows.First(w => w.Length == window).Bad >= Least;
}
