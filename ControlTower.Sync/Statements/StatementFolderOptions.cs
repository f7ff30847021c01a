using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Statements;

/// <summary>Files of processors and banks that are dropped into a folder: section <c>Statements</c>.</summary>
public sealed class StatementFolderOptions
{
    public const string Section = "Statements";

    /// <summary>Where they are dropped, a folder in it for each processor and bank, named by the connection's id; its settings say which account it is. Empty: nowhere. All workers must see the same one.</summary>
    public string Folder { get; set; } = "";

    /// <summary>Seconds for which a file must not change before it counts as complete.</summary>
    public int SettleSeconds { get; set; } = 5;

    public TimeSpan Settle => TimeSpan.FromSeconds(SettleSeconds);
}

public sealed class StatementFolderOptionsValidator : IValidateOptions<StatementFolderOptions>
{
    public ValidateOptionsResult Validate(string? name, StatementFolderOptions options) =>
        options.SettleSeconds is < 1 or > 3600 ? ValidateOptionsResult.Fail("Statements:SettleSeconds must be between 1 and 3600.")
        : options.Folder.Length > 0 && !Path.IsPathFullyQualified(options.Folder) ? ValidateOptionsResult.Fail("Statements:Folder must be a whole path, or empty.")
        : ValidateOptionsResult.Success;
}
