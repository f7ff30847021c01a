using Microsoft.Extensions.Options;

namespace ControlTower.Data.Flows;

/// <summary>
/// How long an order or a return may stay in a stage before it is late, section <c>StageLimits</c>. Screens count down to it; nothing is stopped by it.
/// </summary>
public sealed class StageLimits
{
    public const string Section = "StageLimits";

    /// <summary>Limit per stage, such as <c>"reserved": "02:00:00"</c>.</summary>
    public Dictionary<string, TimeSpan> Stages { get; init; } = new(StringComparer.OrdinalIgnoreCase)
    {
        ["captured"] = TimeSpan.FromHours(2),
        ["checked"] = TimeSpan.FromHours(2),
        ["routed"] = TimeSpan.FromHours(2),
        ["reserved"] = TimeSpan.FromHours(2),
        ["posted"] = TimeSpan.FromHours(2),
        ["acknowledged"] = TimeSpan.FromDays(2),
        ["shipped"] = TimeSpan.FromDays(1),
        ["invoiced"] = TimeSpan.FromDays(14),
        ["requested"] = TimeSpan.FromHours(8),
        ["authorised"] = TimeSpan.FromDays(14),
        ["received"] = TimeSpan.FromDays(1),
        ["inspected"] = TimeSpan.FromHours(4),
        ["credited"] = TimeSpan.FromHours(4),
        ["refunded"] = TimeSpan.FromHours(2),
    };

    /// <summary>For stages that are not named.</summary>
    public TimeSpan Otherwise { get; init; } = TimeSpan.FromHours(2);

    public TimeSpan For(string stage) => Stages.TryGetValue(stage, out var limit) ? limit : Otherwise;

    /// <summary>When an order that entered this stage then will be late.</summary>
    public DateTimeOffset DueAt(string stage, DateTimeOffset since) => since + For(stage);

    /// <summary>These, with what admins set in the place of what the settings say.</summary>
    public StageLimits With(IEnumerable<StageRule> rules)
    {
        var limits = new StageLimits { Otherwise = Otherwise };
        foreach (var (stage, most) in Stages.Concat(rules.Select(rule => KeyValuePair.Create(rule.Stage, rule.Most))))
        {
            limits.Stages[stage] = most;
        }

        return limits;
    }

    /// <summary>Everything wrong with the limits, each naming the key to set.</summary>
    public IReadOnlyList<string> Check() =>
        [.. Stages.Append(new("Otherwise", Otherwise)).Where(limit => limit.Value <= TimeSpan.Zero || limit.Value > TimeSpan.FromDays(365))
            .Select(limit => $"{Section}:{limit.Key} must be more than zero and at most 365 days.")];
}

/// <summary>Reports every wrong limit at once, each with the key to set.</summary>
public sealed class StageLimitsValidator : IValidateOptions<StageLimits>
{
    public ValidateOptionsResult Validate(string? name, StageLimits options) =>
        options.Check() is { Count: > 0 } wrong ? ValidateOptionsResult.Fail(wrong) : ValidateOptionsResult.Success;
}
