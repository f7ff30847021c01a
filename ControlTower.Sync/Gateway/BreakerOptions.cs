using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Gateway;

/// <summary>How long a door stays shut: section <c>Breaker</c>.</summary>
public sealed class BreakerOptions
{
    public const string Section = "Breaker";

    /// <summary>Seconds from the trip to the first probe. Each failed probe doubles them.</summary>
    public double FirstPauseSeconds { get; set; } = 5;

    /// <summary>Seconds between two probes at most.</summary>
    public double LongestPauseSeconds { get; set; } = 20;

    public BreakerRule Rule => new(FirstPause: TimeSpan.FromSeconds(FirstPauseSeconds), LongestPause: TimeSpan.FromSeconds(LongestPauseSeconds));
}

public sealed class BreakerOptionsValidator : IValidateOptions<BreakerOptions>
{
    public ValidateOptionsResult Validate(string? name, BreakerOptions options) =>
        options.FirstPauseSeconds is not (>= 0.1 and <= 600) || options.LongestPauseSeconds is not (>= 0.1 and <= 600) || options.LongestPauseSeconds < options.FirstPauseSeconds
            ? ValidateOptionsResult.Fail("Breaker:FirstPauseSeconds and Breaker:LongestPauseSeconds must be between 0.1 and 600, the longest not shorter than the first.")
            : ValidateOptionsResult.Success;
}
