using System.Globalization;

namespace ControlTower.Simulator;

/// <summary>Reads the options of the estate from the command line; unknown words are errors.</summary>
public static class CommandLine
{
    public const string Usage =
        "estate [--port N] [--host ADDRESS] [--allow-remote] [--seed N] [--data DIR] [--rate ORDERS_PER_MINUTE] [--time-factor N]\n" +
        "       [--ship-after LEAST..MOST] [--no-clerk] [--paused] [--notify-after SECONDS] [--afterthoughts SHARE] [--returns SHARE] [--scenario desk]\n" +
        "       [--tills STORES --tower-url URL] [--till-rate SALES_PER_MINUTE] [--payout-every SECONDS]";

    public static EstateOptions Parse(IReadOnlyList<string> args)
    {
        var options = new EstateOptions();
        for (var i = 0; i < args.Count; i++)
        {
            var name = args[i];
            options = name switch
            {
                "--allow-remote" => options with { AllowRemote = true },
                "--no-clerk" => options with { ClerkRunning = false },
                "--paused" => options with { TrafficRunning = false },
                _ => WithValue(options, name, ++i < args.Count ? args[i] : throw new FormatException($"{name} needs a value")),
            };
        }

        return options;
    }

    private static EstateOptions WithValue(EstateOptions options, string name, string value) => name switch
    {
        "--port" => options with { Port = Whole(name, value) },
        "--host" => options with { Host = value },
        "--seed" => options with { Seed = Whole(name, value) },
        "--data" => options with { DataDir = value },
        "--rate" => options with { Rate = Number(name, value) },
        "--tills" => options with { Tills = Whole(name, value) },
        "--till-rate" => options with { TillRate = Number(name, value) },
        "--tower-url" => options with { TowerUrl = value },
        "--time-factor" => options with { TimeFactor = Number(name, value) },
        "--notify-after" => options with { NotificationGathering = TimeSpan.FromSeconds(Number(name, value)) },
        "--afterthoughts" => options with { AfterthoughtShare = Number(name, value) },
        "--returns" => options with { ReturnShare = Number(name, value) },
        // Nobody else buys while it is played; the estate's page lets them in again.
        "--scenario" => options with { Scenario = value, TrafficRunning = false },
        "--payout-every" => options with { PayoutEvery = TimeSpan.FromSeconds(Number(name, value)) },
        "--ship-after" => Span(options, name, value),
        _ => throw new FormatException($"unknown option {name}"),
    };

    private static EstateOptions Span(EstateOptions options, string name, string value)
    {
        var ends = value.Split("..");
        if (ends.Length != 2) throw new FormatException($"{name} needs LEAST..MOST");
        return options with { ShipAfterLeast = TimeSpan.FromSeconds(Number(name, ends[0])), ShipAfterMost = TimeSpan.FromSeconds(Number(name, ends[1])) };
    }

    private static int Whole(string name, string value) =>
        int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) ? n : throw new FormatException($"{name} needs a whole number, not '{value}'");

    private static double Number(string name, string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var n) ? n : throw new FormatException($"{name} needs a number, not '{value}'");
}
