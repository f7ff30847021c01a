namespace ControlTower.Simulator;

/// <summary>How one estate is set up. Seconds are real seconds unless a member says vendor seconds.</summary>
public sealed record EstateOptions
{
    /// <summary>Port to listen on; 0 picks a free one.</summary>
    public int Port { get; init; }

    /// <summary>Address to bind. Anything but loopback is refused unless <see cref="AllowRemote"/>.</summary>
    public string Host { get; init; } = "127.0.0.1";

    public bool AllowRemote { get; init; }

    /// <summary>Same seed, same shops, items, secrets and order contents in the same order per shop.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Folder of the journals; null keeps everything in memory only.</summary>
    public string? DataDir { get; init; }

    /// <summary>Orders per minute over all shops.</summary>
    public double Rate { get; init; } = 40;

    /// <summary>Stores with a till of the Square protocol; none leaves that system out of the estate.</summary>
    public int Tills { get; init; }

    /// <summary>Sales, refunds and exchanges per minute over all tills.</summary>
    public double TillRate { get; init; } = 20;

    /// <summary>A processor takes the cards of the European shops; without it that system is left out of the estate.</summary>
    public bool Payments { get; init; }

    /// <summary>Where the tower listens, for systems whose signature covers the address that they tell.</summary>
    public string? TowerUrl { get; init; }

    public bool TrafficRunning { get; init; } = true;

    /// <summary>Vendor seconds per real second: shortens webhook retries, subscription and token life, limit windows.</summary>
    public double TimeFactor { get; init; } = 1;

    /// <summary>Share of orders that are later edited, cancelled or refunded by the shop (0 to 1).</summary>
    public double AfterthoughtShare { get; init; } = 0.06;

    /// <summary>Share of shipped orders of which a buyer wants to give something back, and asks on the web (0 to 1). The shop agrees to most.</summary>
    public double ReturnShare { get; init; }

    /// <summary>The warehouse clerk ships an ERP order after a seeded delay between these two, and invoices after the same again.</summary>
    public TimeSpan ShipAfterLeast { get; init; } = TimeSpan.FromSeconds(4);

    public TimeSpan ShipAfterMost { get; init; } = TimeSpan.FromSeconds(12);

    /// <summary>False leaves ERP orders unshipped until the ERP's own shipAndInvoice action is called.</summary>
    public bool ClerkRunning { get; init; } = true;

    /// <summary>Business Central gathers changes this long before it notifies, in vendor seconds.</summary>
    public TimeSpan NotificationGathering { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often payment processors pay out what was paid; a payout is with the bank as long again later.</summary>
    public TimeSpan PayoutEvery { get; init; } = TimeSpan.FromDays(1);

    /// <summary>What happens by itself once a tower listens: <c>desk</c>; null for nothing but traffic.</summary>
    public string? Scenario { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Turns a span of vendor time into the real span to wait.</summary>
    public TimeSpan Scaled(TimeSpan vendor) => TimeSpan.FromTicks((long)(vendor.Ticks / TimeFactor));

    /// <summary>All problems at once, each naming the option; empty when the options are usable.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        if (Port is < 0 or > 65535) problems.Add("--port must be 0 to 65535");
        if (Rate is < 0 or > 60000 || double.IsNaN(Rate)) problems.Add("--rate must be 0 to 60000 orders a minute");
        if (Tills is < 0 or > 2000) problems.Add("--tills must be 0 to 2000 stores");
        if (TillRate is < 0 or > 60000 || double.IsNaN(TillRate)) problems.Add("--till-rate must be 0 to 60000 sales a minute");
        if (Tills > 0 && !Uri.TryCreate(TowerUrl, UriKind.Absolute, out _)) problems.Add("--tills needs --tower-url, the address at which the tower listens");
        if (TimeFactor is < 0.01 or > 100000 || double.IsNaN(TimeFactor)) problems.Add("--time-factor must be 0.01 to 100000");
        if (PayoutEvery < TimeSpan.FromSeconds(1) || PayoutEvery > TimeSpan.FromDays(7) || PayoutEvery.Ticks % TimeSpan.TicksPerSecond != 0) problems.Add("--payout-every must be whole seconds from 1 to 604800");
        if (Scenario is not (null or Scenarios.DeskScenario.Name)) problems.Add($"--scenario must be {Scenarios.DeskScenario.Name}");
        if (ShipAfterLeast < TimeSpan.Zero || ShipAfterMost < ShipAfterLeast) problems.Add("--ship-after needs LEAST..MOST in seconds, LEAST first");
        if (!System.Net.IPAddress.TryParse(Host, out var address)) problems.Add("--host must be an IP address");
        else if (!System.Net.IPAddress.IsLoopback(address) && !AllowRemote)
        {
            problems.Add($"--host {Host} is not loopback: the estate has fault switches and no sign-in. Add --allow-remote if you mean it");
        }

        return problems;
    }
}
