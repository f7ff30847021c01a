using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Integrity;

/// <summary>How often the tower has its own data checked: section <c>Integrity</c>.</summary>
public sealed class IntegrityOptions
{
    public const string Section = "Integrity";

    /// <summary>Minutes from one check to the next; 0 leaves only those that somebody asks for.</summary>
    public int EveryMinutes { get; set; } = 15;

    /// <summary>Hours of history that is read again although nothing may change it any more.</summary>
    public int HistoryHours { get; set; } = 24;

    /// <summary>The database as seen by a role that may only read. Empty: read-only transactions of the tower's own role.</summary>
    public string ConnectionString { get; set; } = "";

    public TimeSpan Every => TimeSpan.FromMinutes(EveryMinutes);

    public TimeSpan History => TimeSpan.FromHours(HistoryHours);
}

public sealed class IntegrityOptionsValidator : IValidateOptions<IntegrityOptions>
{
    public ValidateOptionsResult Validate(string? name, IntegrityOptions options) =>
        options.EveryMinutes is not (>= 0 and <= 1440) || options.HistoryHours is not (>= 1 and <= 8760)
            ? ValidateOptionsResult.Fail("Integrity:EveryMinutes must be between 0 and 1440 (0: only when asked), Integrity:HistoryHours between 1 and 8760.")
            : ValidateOptionsResult.Success;
}
