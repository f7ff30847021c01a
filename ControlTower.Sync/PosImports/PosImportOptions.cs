using Microsoft.Extensions.Options;

namespace ControlTower.Sync.PosImports;

/// <summary>Files of tills: section <c>PosImports</c>.</summary>
public sealed class PosImportOptions
{
    public const string Section = "PosImports";

    /// <summary>Megabytes of one file.</summary>
    public int MaxMegabytes { get; set; } = 256;

    /// <summary>Where till servers drop their files, a folder in it for each connection, named by the connection's id. Empty: nowhere. All workers must see the same one.</summary>
    public string Folder { get; set; } = "";

    /// <summary>Seconds for which a file must not change before it counts as complete.</summary>
    public int SettleSeconds { get; set; } = 5;

    /// <summary>Hours after the last receipt from which on a store counts as silent.</summary>
    public int SilentAfterHours { get; set; } = 26;

    public long MaxBytes => MaxMegabytes * 1024L * 1024;

    public TimeSpan Settle => TimeSpan.FromSeconds(SettleSeconds);

    public TimeSpan SilentAfter => TimeSpan.FromHours(SilentAfterHours);
}

public sealed class PosImportOptionsValidator : IValidateOptions<PosImportOptions>
{
    public ValidateOptionsResult Validate(string? name, PosImportOptions options)
    {
        var problems = new List<string>();
        Must(options.MaxMegabytes is >= 1 and <= 2048, "PosImports:MaxMegabytes must be between 1 and 2048.");
        Must(options.SettleSeconds is >= 1 and <= 3600, "PosImports:SettleSeconds must be between 1 and 3600.");
        Must(options.SilentAfterHours is >= 1 and <= 720, "PosImports:SilentAfterHours must be between 1 and 720.");
        Must(options.Folder.Length == 0 || Path.IsPathFullyQualified(options.Folder), "PosImports:Folder must be a whole path, or empty.");
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);

        void Must(bool sound, string problem)
        {
            if (!sound)
            {
                problems.Add(problem);
            }
        }
    }
}
