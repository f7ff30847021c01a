using Microsoft.Extensions.Options;

namespace ControlTower.Web.Pages.Overview;

/// <summary>What systems and shops are held against beside the key figures, whose targets people set on screen; section <c>Targets</c>.</summary>
public sealed class OverviewTargets
{
    public const string Section = "Targets";

    /// <summary>A shop is quiet when the last hour brought less than this share of what the hour usually brings on this weekday, 0 to 1.</summary>
    public double QuietShare { get; init; } = 0.3;

    /// <summary>Share of calls that may end in a technical error, 0 to 1.</summary>
    public double TechnicalErrors { get; init; } = 0.001;

    /// <summary>Time within which a connected system answers, p95.</summary>
    public TimeSpan Answer { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>Reports every wrong key of <see cref="OverviewTargets"/> at once, each with what to set.</summary>
public sealed class OverviewTargetsValidator : IValidateOptions<OverviewTargets>
{
    public ValidateOptionsResult Validate(string? name, OverviewTargets options)
    {
        List<string> wrong = [];
        if (options.Answer <= TimeSpan.Zero || options.Answer > TimeSpan.FromMinutes(10))
            wrong.Add("Targets:Answer must be more than zero and at most 10 minutes, for example 00:00:01.");
        if (options.QuietShare is not (> 0 and <= 1))
            wrong.Add("Targets:QuietShare is a share: more than 0, at most 1, for example 0.3.");
        if (options.TechnicalErrors is not (> 0 and <= 1))
            wrong.Add("Targets:TechnicalErrors is a share: more than 0, at most 1, for example 0.001.");
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
