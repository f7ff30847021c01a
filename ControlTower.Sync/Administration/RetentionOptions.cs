using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Administration;

/// <summary>How long the buyers of orders are kept: section <c>Retention</c>.</summary>
public sealed class RetentionOptions
{
    public const string Section = "Retention";

    /// <summary>Days after an order came in until its buyer is erased from it; an order that is still open then waits until it has ended.</summary>
    public int PersonalDays { get; set; } = 365;

    public TimeSpan Personal => TimeSpan.FromDays(PersonalDays);
}

public sealed class RetentionOptionsValidator : IValidateOptions<RetentionOptions>
{
    public ValidateOptionsResult Validate(string? name, RetentionOptions options) =>
        options.PersonalDays is >= 30 and <= 36500 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail("Retention:PersonalDays must be between 30 and 36500.");
}
