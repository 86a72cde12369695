/* rules_base.c - our own rules, which come before those of a project.
 *
 * First every frame gets a category by its names: what kind of code it is. Then neighbours decide
 * which frames of a run matter: of several frames of a framework the first says what was asked for
 * ("ui", "std", …), what that did inside is "internals", and a single frame of the system between
 * others is "indirection". Last, categories and places decide on in_app and on what is hashed.
 *
 *   threadbase   where threads and event loops begin      malloc, free   memory
 *   system       the operating system, no one asked       throw          raises, aborts
 *   std          standard libraries and frameworks        lock, load, io, shutdown, handler, dtor
 *   ui, gl, av   interface, graphics, sound and video     driver         of a device's maker
 *   runtime      virtual machines                         telemetry      crash reporters
 *   indirection  calls what it was given                  framework      what servers are made with
 *
 * Names are those of public interfaces and of files as systems install them.
 */
#include "grouping/rules_parts.h"

#include "base/banned.h"

/* clang-format off */

/* Where Apple's and Android's systems keep what people have installed. */
static const char app_places[] =
    "family:native package:/var/containers/Bundle/Application/** +app\n"
    "family:native package:/private/var/containers/Bundle/Application/** +app\n"
    "family:native package:**/Containers/Bundle/Application/** +app\n"
    "family:native package:**/Developer/CoreSimulator/Devices/**/Bundle/** +app\n"
    "family:native package:/data/app/** +app\n"
    "family:native package:/data/user/** +app\n";

/* Java, Kotlin, Android. */
static const char java_modules[] =
    "module:java.* category=std\n"
    "module:kotlin.* category=std\n"
    "module:kotlinx.* category=std\n"
    "module:org.json.* category=std\n"
    "module:com.google.crypto.tink.* category=std\n"
    "module:android.* category=std\n"
    "module:androidx.* category=std\n"
    "module:com.google.android.* category=std\n"
    "module:libcore.* category=std\n"
    "module:com.android.* category=system\n"
    "module:com.android.okhttp.* category=std\n"
    "module:dalvik.* category=system\n"
    "module:com.samsung.android.* category=system\n"
    "module:com.huawei.android.* category=system\n"
    "module:huawei.android.* category=system\n"
    "module:miui.* category=system\n"
    "module:android.view.* category=ui\n"
    "module:android.widget.* category=ui\n"
    "module:android.text.* category=ui\n"
    "module:android.animation.* category=ui\n"
    "module:android.graphics.* category=ui\n"
    "module:android.transition.* category=ui\n"
    "module:android.app.Dialog* category=ui\n"
    "module:android.app.AlertDialog* category=ui\n"
    "module:android.support.design.* category=ui\n"
    "module:android.support.v?.widget.* category=ui\n"
    "module:androidx.*.widget.* category=ui\n"
    "module:androidx.compose.* category=ui\n"
    "module:androidx.constraintlayout.* category=ui\n"
    "module:androidx.viewpager* category=ui\n"
    "module:com.google.android.material.* category=ui\n"
    "module:java.awt.* category=ui\n"
    "module:javax.swing.* category=ui\n"
    "module:javafx.* category=ui\n"
    "module:android.media.* category=av\n"
    "module:com.google.android.exoplayer* category=av\n"
    "module:android.opengl.* category=gl\n"

    "module:com.android.internal.os.ZygoteInit function:main category=system\n"
    "module:android.app.ActivityThread function:main category=threadbase\n"
    "module:android.app.ActivityThread$H function:handleMessage category=threadbase\n"
    "module:android.os.Looper function:loop* category=threadbase\n"
    "module:android.os.Handler function:dispatchMessage category=threadbase\n"
    "module:android.os.Handler function:handleCallback category=threadbase\n"
    "module:android.view.View function:layout category=threadbase\n"
    "module:android.view.View function:measure category=threadbase\n"
    "module:android.view.View function:draw category=threadbase\n"
    "module:java.util.concurrent.ThreadPoolExecutor function:runWorker category=threadbase\n"
    "module:java.util.concurrent.ForkJoinWorkerThread function:run category=threadbase\n"
    "module:java.lang.reflect.Method category=indirection\n"
    "module:java.lang.reflect.Constructor category=indirection\n"
    "module:java.lang.Class function:getMethod category=indirection\n"
    "module:java.lang.Class function:getDeclaredMethod category=indirection\n"
    "module:android.* function:run category=indirection\n"
    "module:android.os.HandlerThread function:run category=threadbase\n"
    "module:androidx.*Runnable category=indirection\n"
    "module:android.*Handler function:handleMessage category=indirection\n"
    "module:java.lang.System function:load* category=load\n"
    "module:java.lang.Runtime function:exit category=shutdown\n"
    "module:java.lang.System function:exit category=shutdown\n"
    "module:io.sentry.* category=telemetry\n"
    "module:com.crashlytics.* category=telemetry\n"
    "module:com.bugsnag.* category=telemetry\n"
    "module:com.google.firebase.crashlytics.* category=telemetry\n"
    "module:com.google.firebase.perf.* category=telemetry\n"
    "module:com.newrelic.* category=telemetry\n"
    "module:com.datadog.* category=telemetry\n"
    "module:com.appdynamics.* category=telemetry\n"
    "module:com.dynatrace.* category=telemetry\n"
    "module:cn.gundam.sdk.shell.* category=telemetry\n";

/* Of a run of frames, which one says what happened. */
static const char neighbours[] =
    /* The last frame within a driver is the place; the way there is not. */
    "family:native category:driver | [ category:driver ] category=internals\n"
    "[ category:throw ] | category:throw category=internals\n"
    "[ category:std ] | category:std category=internals\n"
    "[ category:ui ] | category:ui category=internals\n"
    "[ category:gl ] | category:gl category=internals\n"
    "[ category:av ] | category:av category=internals\n"
    "[ category:malloc ] | category:malloc category=internals\n"
    "[ function:*.cold.* ] | category:malloc category=internals\n"
    "[ category:dtor ] | category:dtor category=internals\n"
    "[ category:runtime ] | category:runtime category=internals\n"
    "[ category:load ] | category:load category=internals\n"
    "[ category:std ] | category:ui category=internals\n"
    "[ category:internals ] | category:ui category=internals\n"
    "[ category:load ] | category:std category=internals\n"
    "[ !category:system ] | category:system | [ !category:system ] category=indirection\n"
    "[ category:system ] | category:system category=internals\n"
    "[ category:internals ] | category:system category=internals\n"
    "[ category:std ] | category:system category=internals\n"
    "[ category:ui ] | category:system category=internals\n"
    "[ category:av ] | category:system category=internals\n"
    "[ category:driver ] | category:system category=internals\n"
    "[ category:malloc ] | category:system category=internals\n"
    "[ category:free ] | category:system category=internals\n"
    "[ category:load ] | category:system category=internals\n"
    "[ category:lock ] | category:system category=internals\n"
    "[ category:io ] | category:system category=internals\n"
    "[ category:runtime ] | category:system category=internals\n"
    "[ category:throw ] | category:system category=internals\n"
    "[ category:internals ] | category:ui category=internals\n";

/* Whose code it is, where SDKs cannot know or claim too much. What no rule decides is the SDK's
 * word; what an SDK leaves open is not in-app. So there are no rules for what SDKs see better than
 * a path tells, such as Python's installed packages. */
static const char in_app_places[] =
    "category:system -app\n"
    "family:native category:ui -app\n"
    "family:native category:gl -app\n"
    "family:native category:av -app\n"
    "category:driver -app\n"
    "category:telemetry -app\n"
    "family:native function:std::* -app\n"
    "family:native function:core::* -app\n"
    "family:native function:alloc::* -app\n"
    "family:native function:\"<std::*\" -app\n"
    "family:native function:\"<core::*\" -app\n"
    "family:native function:\"<alloc::*\" -app\n"
    "family:native function:backtrace::* -app\n"
    "family:native function:failure::backtrace::* -app\n"
    "family:native function:sentry::* -app\n"
    "family:native function:sentry_* -app\n"
    "family:native function:__rust_* -app\n"
    "family:native function:__rustc::* -app\n"
    "family:native function:rust_begin_unwind -app\n"
    "family:native function:rust_panic* -app\n"
    "family:native function:__libc_* -app\n"
    "family:native function:_start -app\n"
    "family:native path:**/Toolchains/XcodeDefault.xctoolchain/** -app\n"
    "family:native path:**/VC/Tools/MSVC/** -app\n"
    "family:native path:**/vctools/crt/** -app\n"
    "family:native package:**/Frameworks/libswift*.dylib -app\n"
    "family:native package:**/Frameworks/Sentry*.framework/** -app\n"
    "family:native package:**/Frameworks/KSCrash.framework/** -app\n"
    "family:native package:**/libsentry.* -app\n"
    "family:native package:**/libsentry-android.so -app\n"
    "family:native package:**/sentry.dll -app\n"
    "family:native package:/usr/local/lib/** -app\n"
    "family:native package:/usr/local/Cellar/** -app\n"
    "family:native package:/opt/homebrew/** -app\n"
    "family:native package:/usr/share/dotnet/** -app\n"

    "family:javascript path:**/node_modules/** -app\n"
    "family:javascript path:node:** -app\n"
    "family:javascript path:internal/** -app\n"
    "family:javascript path:webpack:**/webpack/runtime/** -app\n"
    "family:javascript path:webpack:**/webpack/bootstrap* -app\n"
    "family:javascript path:webpack:///webpack/** -app\n"
    "family:javascript path:webpack:///*/~/** -app\n"
    "family:javascript path:\"**[[]native code]\" -app\n"
    "family:javascript path:**/unpkg.com/** -app\n"
    "family:javascript path:**/cdn.jsdelivr.net/** -app\n"
    "family:javascript path:**/cdnjs.cloudflare.com/** -app\n"
    "family:javascript path:**/ajax.googleapis.com/** -app\n"
    "family:javascript path:**/code.jquery.com/** -app\n"
    "family:javascript path:**/esm.run/** -app\n"
    "family:javascript path:**/esm.sh/** -app\n"
    "family:javascript path:**/cdn.skypack.dev/** -app\n"
    "family:javascript path:**/www.googletagmanager.com/** -app\n"
    "family:javascript path:**/browser.sentry-cdn.com/** -app\n"
    "family:javascript path:chrome-extension://** -app\n"
    "family:javascript path:moz-extension://** -app\n"
    "family:javascript path:safari-extension://** -app\n"
    "family:javascript path:safari-web-extension://** -app\n"
    "family:javascript path:webkit-masked-url://** -app\n"
    "family:javascript path:**/packages/flutter/lib/** -app\n"
    "family:javascript path:**/dart-sdk/lib/** -app\n"
    "family:javascript path:org-dartlang-sdk:** -app\n"
    "family:javascript module:@babel/* -app\n"
    "family:javascript module:@swc/helpers/* -app\n"
    "family:javascript module:core-js/* -app\n"
    "family:javascript module:regenerator-runtime/* -app\n"
    "family:javascript module:tslib/* -app\n"
    "family:javascript module:zone.js/* -app\n"
    "family:javascript module:@sentry/* -app\n"

    "family:other path:**/pkg/mod/** -app\n"
    "family:other path:/usr/local/go/src/** -app\n"
    "family:other path:org-dartlang-sdk:** -app\n"
    "family:other path:dart:** -app\n"
    "family:other path:package:flutter/** -app\n"
    "family:other path:package:sentry** -app\n"
    "family:other path:\"<frozen *\" -app\n"
    "family:other module:sentry_sdk.* -app\n"
    "family:other module:raven.* -app\n"
    "family:other module:github.com/getsentry/sentry-go* -app\n"
    "family:other module:Sentry.* -app\n"
    "family:other module:System.* -app\n"
    "family:other module:Microsoft.* -app\n"
    "family:other module:java.* -app\n"
    "family:other module:javax.* -app\n"
    "family:other module:jdk.* -app\n"
    "family:other module:sun.* -app\n"
    "family:other module:com.sun.* -app\n"
    "family:other module:jakarta.* -app\n"
    "family:other module:kotlin.* -app\n"
    "family:other module:kotlinx.* -app\n"
    "family:other module:scala.* -app\n"
    "family:other module:groovy.* -app\n"
    "family:other module:org.codehaus.groovy.* -app\n"
    "family:other module:clojure.* -app\n"
    "family:other module:android.* -app\n"
    "family:other module:androidx.* -app\n"
    "family:other module:com.android.* -app\n"
    "family:other module:com.google.android.* -app\n"
    "family:other module:dalvik.* -app\n"
    "category:framework -app\n";

/* The best known frameworks of servers, for those who write rules about them. */
static const char frameworks[] =
    "family:other module:org.springframework.* category=framework\n"
    "family:other module:org.apache.* category=framework\n"
    "family:other module:org.eclipse.jetty.* category=framework\n"
    "family:other module:org.hibernate.* category=framework\n"
    "family:other module:org.jboss.* category=framework\n"
    "family:other module:org.junit.* category=framework\n"
    "family:other module:org.mockito.* category=framework\n"
    "family:other module:io.netty.* category=framework\n"
    "family:other module:io.undertow.* category=framework\n"
    "family:other module:io.vertx.* category=framework\n"
    "family:other module:io.micronaut.* category=framework\n"
    "family:other module:io.quarkus.* category=framework\n"
    "family:other module:io.grpc.* category=framework\n"
    "family:other module:io.reactivex.* category=framework\n"
    "family:other module:reactor.* category=framework\n"
    "family:other module:rx.* category=framework\n"
    "family:other module:akka.* category=framework\n"
    "family:other module:play.* category=framework\n"
    "family:other module:okhttp3.* category=framework\n"
    "family:other module:okio.* category=framework\n"
    "family:other module:retrofit2.* category=framework\n"
    "family:other module:com.fasterxml.jackson.* category=framework\n"
    "family:other module:com.google.common.* category=framework\n"
    "family:other module:com.google.gson.* category=framework\n"
    "family:other module:com.google.inject.* category=framework\n"
    "family:other module:com.google.protobuf.* category=framework\n"
    "family:other module:com.squareup.* category=framework\n"
    "family:other module:com.zaxxer.hikari.* category=framework\n"
    "family:other module:com.mysql.* category=framework\n"
    "family:other module:org.postgresql.* category=framework\n"
    "family:other module:com.mongodb.* category=framework\n"
    "family:other module:net.bytebuddy.* category=framework\n"
    "family:other module:ch.qos.logback.* category=framework\n"
    "family:other module:org.slf4j.* category=framework\n"
    "family:other module:clojure.lang.* category=framework\n";

/* What is hashed. */
static const char groups[] =
    "category:threadbase -group\n"
    "category:threadbase !function:_dispatch_client_callout* v-group\n"
    "category:internals -group\n"
    "category:indirection -group\n"
    "category:telemetry -group -app\n"
    "category:throw ^-group\n"
    "family:javascript module:@babel/* -group\n"
    "family:javascript module:@swc/helpers/* -group\n"
    "family:javascript module:core-js/* -group\n"
    "family:javascript module:regenerator-runtime/* -group\n"
    "family:javascript module:tslib/* -group\n"
    "family:javascript function:processTicksAndRejections -group -app\n"
    "family:javascript function:runMicrotasks -group -app\n"
    "family:javascript path:node:internal/** -group -app\n";
/* clang-format on */

const char *const rules_base_places[] = {app_places, NULL};
const char *const rules_base_rest[] = {java_modules,  neighbours, frameworks,
                                       in_app_places, groups,     NULL};

/* clang-format off */
#define HYDRATION(message) \
  "family:javascript tags.transaction:\"*\" message:\"" message "\"" \
  " -> hydrationerror, {{ tags.transaction }}\n"

/* A page that was replaced while somebody had it open, and React's complaints that the server made
 * another page than the browser: every page has its own message, stack trace or both. */
const char *const rules_base_fingerprints =
    "family:javascript type:ChunkLoadError -> chunkloaderror\n"
    HYDRATION("Hydration failed because the initial UI does not match what was rendered on the server.*")
    HYDRATION("Hydration failed because the server rendered *")
    HYDRATION("Text content does not match server-rendered HTML*")
    HYDRATION("Text content did not match. Server:*")
    HYDRATION("There was an error while hydrating*")
    HYDRATION("The server could not finish this Suspense boundary*")
    HYDRATION("Minified React error #418;*")
    HYDRATION("Minified React error #419;*")
    HYDRATION("Minified React error #422;*")
    HYDRATION("Minified React error #423;*")
    HYDRATION("Minified React error #425;*");
/* clang-format on */
