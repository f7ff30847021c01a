namespace ControlTower.Data.Db.Embedded;

/// <summary>Makes the cluster's files, or nothing: a creation that was cut off is thrown away and begun again.</summary>
internal static class ClusterCreation
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public static async Task RunAsync(ClusterFolder folder, PostgresBinaries binaries, OsAccount? account, bool durable, CancellationToken cancel)
    {
        // initdb works in a folder beside the final one; the rename is what makes the cluster exist.
        var draft = folder.Data + ".new";
        if (Directory.Exists(draft))
        {
            Directory.Delete(draft, recursive: true);
        }

        Directory.CreateDirectory(draft, OwnerOnly);
        Directory.CreateDirectory(folder.Sockets, OwnerOnly);
        var passwordFile = Path.Combine(folder.Sockets, "initdb.password");
        try
        {
            await File.WriteAllTextAsync(passwordFile, folder.Password(), cancel);
            File.SetUnixFileMode(passwordFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            if (account is not null)
            {
                NativeCalls.Own(draft, account);
                NativeCalls.Own(folder.Sockets, account);
            }

            await InitialiseAsync(binaries, draft, passwordFile, account, durable, cancel);
        }
        finally
        {
            File.Delete(passwordFile);
        }

        if (Directory.Exists(folder.Data))
        {
            Directory.Delete(folder.Data, recursive: true);
        }

        folder.Remember(folder.State with { Account = account?.Name ?? Environment.UserName });
        Directory.Move(draft, folder.Data);
    }

    private static async Task InitialiseAsync(
        PostgresBinaries binaries, string draft, string passwordFile, OsAccount? account, bool durable, CancellationToken cancel)
    {
        string[] arguments =
        [
            "-D", draft, "-U", EmbeddedPostgres.User, "-A", "scram-sha-256", "--pwfile", passwordFile,
            "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums", .. durable ? Array.Empty<string>() : ["--no-sync"],
        ];
        using var initdb = PostgresProcess.Start(binaries.InitDb, arguments, account, draft);
        try
        {
            await initdb.Exited.WaitAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            initdb.Signal(NativeCalls.Interrupt);
            throw;
        }

        if (initdb.ExitCode != 0)
        {
            throw StartupFailure.OfDatabase($"The embedded PostgreSQL could not be created in '{draft}', {initdb.Describe()}");
        }
    }
}
